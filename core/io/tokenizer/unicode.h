// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ecdysis::io::unicode {

/// Offset of the first byte that does not continue well-formed UTF-8 (Unicode standard, table 3-7); none if all do.
std::optional<std::size_t> firstInvalidByte(std::string_view text);

/// Code point at `position` of well-formed text, and `position` moved behind it.
char32_t decode(std::string_view text, std::size_t &position);

/// Start of the code point that ends just before `position` (> 0) of well-formed text.
std::size_t previous(std::string_view text, std::size_t position);

void append(std::string &text, char32_t codePoint);

bool isWhitespace(char32_t codePoint);  ///< property White_Space
bool isNumeric(char32_t codePoint);     ///< categories Nd, Nl, No
bool isPunctuation(char32_t codePoint); ///< categories P*, and all punctuation and symbols of ASCII
bool isWord(char32_t codePoint);        ///< Alphabetic, M, Nd, Pc, Join_Control: `\w` of UTS #18

/// `text` without the White_Space at its start, at its end.
std::string_view withoutLeadingSpace(std::string_view text);
std::string_view withoutTrailingSpace(std::string_view text);

} // namespace ecdysis::io::unicode
