// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace ecdysis::io::unicode {

/// The four normalisation forms of UAX #15 of well-formed UTF-8.
std::string nfc(std::string_view text);
std::string nfd(std::string_view text);
std::string nfkc(std::string_view text);
std::string nfkd(std::string_view text);

/// Every code point in lower case by itself (UnicodeData.txt and SpecialCasing.txt without its conditions).
std::string lowercase(std::string_view text);

/// The first code point in title case, the others in lower case, as Python's str.capitalize(), but for first letters
/// whose title case is several (ß).
std::string capitalized(std::string_view text);

} // namespace ecdysis::io::unicode
