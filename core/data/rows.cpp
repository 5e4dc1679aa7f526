// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/data/rows.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/data/instructions.h"
#include "core/data/json_records.h"
#include "core/data/python_sample.h"
#include "core/exception.h"
#include "core/io/text_file.h"

namespace ecdysis::data {

namespace {

using nlohmann::json;

constexpr std::string_view blanks = " \t\r\n";
constexpr const char *usualColumn = "text";

/// Forms in which sets of data are published and that are not text.
void refusePacked(const std::string &content, const std::filesystem::path &file)
{
    const auto refuse = [&](const char *found) {
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("JSON lines, a JSON list or text expected, {} found", found), file.string());
    };
    if (content.starts_with("PAR1"))
        refuse("Parquet");
    if (content.starts_with("\x1f\x8b"))
        refuse("gzip");
}

std::string rowOf(const json &record, const std::string &column, const std::string &where)
{
    if (!record.is_object())
        throw Exception(ErrorCode::BadFormat, fmt::format("an object expected, {} found", record.type_name()), where);
    const std::string name = column.empty() ? usualColumn : column;
    const auto found = record.find(name);
    if (found != record.end() && found->is_string())
        return found->get<std::string>();
    if (column.empty() && found == record.end() && record.contains("instruction")) {
        const Instruction instruction = instructionOf(record, where);
        return promptOf(instruction) + instruction.output;
    }
    std::vector<std::string> columns;
    for (const auto &[key, value] : record.items())
        if (value.is_string())
            columns.push_back(key);
    throw Exception(ErrorCode::BadFormat,
                    fmt::format("a text \"{}\" expected, columns of text found: {}", name,
                                columns.empty() ? "none" : fmt::format("{}", fmt::join(columns, ", "))),
                    where);
}

std::vector<std::string> lineRows(std::string_view text)
{
    std::vector<std::string> rows;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, end);
        rows.emplace_back(line.find_first_not_of(blanks) == line.npos ? std::string_view{} : line);
        text.remove_prefix(end);
    }
    return rows;
}

} // namespace

std::vector<std::string> readRows(const std::filesystem::path &file, const std::string &column)
{
    const std::string content = io::readText(file);
    refusePacked(content, file);
    const auto first = content.find_first_not_of(blanks);
    const bool structured = first != content.npos && (content[first] == '[' || content[first] == '{');
    if (!structured && !column.empty())
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("JSON with a column \"{}\" expected, text found", column), file.string());
    if (!structured)
        return lineRows(content);
    std::vector<std::string> rows;
    forEachRecord(content, file.string(),
                  [&](const json &record, const std::string &where) { rows.push_back(rowOf(record, column, where)); });
    return rows;
}

std::string joinedRows(const std::filesystem::path &file, const RowSample &sample, const std::string &column)
{
    const std::vector<std::string> rows = readRows(file, column);
    const auto count = static_cast<std::size_t>(sample.rows);
    if (rows.size() < count)
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected at least {} rows to draw from, found {}", count, rows.size()),
                        file.string());
    std::vector<std::string_view> drawn;
    for (const std::size_t row : pythonSample(rows.size(), count, sample.seed))
        drawn.push_back(rows[row]);
    return fmt::format("{}", fmt::join(drawn, "\n\n"));
}

} // namespace ecdysis::data
