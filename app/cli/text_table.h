// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ecdysis::cli {

/// Columns of text for a terminal: the first column to the left, the others to the right.
class TextTable
{
public:
    explicit TextTable(std::vector<std::string> header) : m_rows{std::move(header)} {}

    void addRow(std::vector<std::string> row) { m_rows.push_back(std::move(row)); }

    /// Lines of equal width, two spaces between columns, the header underlined.
    std::string text() const;

private:
    std::vector<std::vector<std::string>> m_rows;
};

/// "12,345,678".
std::string grouped(std::int64_t number);

/// "12.6 MB", in powers of 1000.
std::string byteCount(std::int64_t bytes);

/// "± 0.0123"; "± ?" where one window gives no error.
std::string margin(double standardError);

/// "0:41", "12:03", "1:02:03".
std::string clockTime(double seconds);

} // namespace ecdysis::cli
