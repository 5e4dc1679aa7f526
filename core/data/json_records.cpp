// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/json_records.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::data {

namespace {

using nlohmann::json;
using Visitor = std::function<void(const json &record, const std::string &where)>;

constexpr std::string_view blanks = " \t\r\n";

json parse(std::string_view text, const std::string &where)
{
    json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded())
        throw Exception(ErrorCode::BadFormat, "JSON expected, the text is none", where);
    return parsed;
}

void forEachLine(std::string_view text, const std::string &file, const Visitor &visit)
{
    int number = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end);
        const std::string where = fmt::format("{}, line {}", file, ++number);
        if (line.find_first_not_of(blanks) != line.npos)
            visit(parse(line, where), where);
    }
}

} // namespace

void forEachRecord(std::string_view text, const std::string &file, const Visitor &visit)
{
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos || text[first] != '[')
        return forEachLine(text, file, visit);
    std::size_t index = 0;
    for (const json &record : parse(text, file))
        visit(record, fmt::format("{}, [{}]", file, index++));
}

} // namespace ecdysis::data
