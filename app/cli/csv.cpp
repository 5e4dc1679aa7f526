// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/csv.h"

#include <cmath>

#include <fmt/format.h>

namespace ecdysis::cli {

namespace {

std::string quoted(const std::string &field)
{
    if (field.find_first_of(",\"\r\n") == field.npos)
        return field;
    std::string result = "\"";
    for (const char c : field)
        result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + "\"";
}

} // namespace

std::string csvLine(const std::vector<std::string> &fields)
{
    std::string line;
    for (const std::string &field : fields)
        line += (&field == &fields.front() ? "" : ",") + quoted(field);
    return line + "\n";
}

std::string csvNumber(double value)
{
    return std::isfinite(value) ? fmt::format("{}", value) : std::string();
}

} // namespace ecdysis::cli
