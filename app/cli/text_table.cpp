// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/text_table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace ecdysis::cli {

namespace {

/// Columns a text takes: its characters, not its bytes.
std::size_t width(const std::string &text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

} // namespace

std::string TextTable::text() const
{
    std::vector<std::size_t> widths;
    for (const auto &row : m_rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string text;
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        std::string line;
        for (std::size_t i = 0; i < m_rows[r].size(); ++i) {
            const std::string padding(widths[i] - width(m_rows[r][i]), ' ');
            line += (i == 0 ? "" : "  ") + (i == 0 ? m_rows[r][i] + padding : padding + m_rows[r][i]);
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        if (r == 0)
            for (std::size_t i = 0; i < widths.size(); ++i)
                text += std::string(widths[i], '-') + (i + 1 == widths.size() ? "\n" : "  ");
    }
    return text;
}

std::string grouped(std::int64_t number)
{
    std::string digits = std::to_string(number);
    for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > (number < 0 ? 1 : 0); place -= 3)
        digits.insert(static_cast<std::size_t>(place), 1, ',');
    return digits;
}

std::string byteCount(std::int64_t bytes)
{
    constexpr const char *names[] = {"B", "kB", "MB", "GB", "TB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < std::size(names)) {
        value /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes)
                     : fmt::format("{:.{}f} {}", value, value < 99.95 ? 1 : 0, names[unit]);
}

std::string margin(double standardError)
{
    return std::isfinite(standardError) ? fmt::format("± {:.4f}", standardError) : std::string("± ?");
}

std::string clockTime(double seconds)
{
    const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
    return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                        : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

} // namespace ecdysis::cli
