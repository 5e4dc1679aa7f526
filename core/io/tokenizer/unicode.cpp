// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/unicode.h"

#include <cstdint>
#include <cstring>

#include <utf8proc.h>

namespace ecdysis::io::unicode {

namespace {

bool isBetween(char32_t value, char32_t low, char32_t high)
{
    return value >= low && value <= high;
}

std::size_t lengthOfSequence(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// Bytes of the well-formed sequence at `position`, 0 if there is none.
std::size_t wellFormedLength(std::string_view text, std::size_t position)
{
    const auto byte = [&](std::size_t i) -> unsigned {
        return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    const std::size_t length = lengthOfSequence(static_cast<unsigned char>(lead));
    if (!isBetween(byte(1), low, high))
        return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (!isBetween(byte(i), 0x80, 0xBF))
            return 0;
    }
    return length;
}

bool isAsciiPunctuation(char32_t c)
{
    return isBetween(c, '!', '/') || isBetween(c, ':', '@') || isBetween(c, '[', '`') || isBetween(c, '{', '~');
}

/// Symbols (So) with the property Other_Alphabetic (PropList.txt); its other members are letters numbers or marks.
bool isAlphabeticSymbol(char32_t c)
{
    return isBetween(c, 0x24B6, 0x24E9) || isBetween(c, 0x1F130, 0x1F149) || isBetween(c, 0x1F150, 0x1F169) ||
           isBetween(c, 0x1F170, 0x1F189);
}

} // namespace

std::optional<std::size_t> firstInvalidByte(std::string_view text)
{
    std::size_t position = 0;
    while (position < text.size()) {
        std::uint64_t eight = 0;
        if (position + sizeof eight <= text.size()) {
            std::memcpy(&eight, text.data() + position, sizeof eight);
            if ((eight & 0x8080808080808080ULL) == 0) {
                position += sizeof eight;
                continue;
            }
        }
        const std::size_t length = wellFormedLength(text, position);
        if (length == 0)
            return position;
        position += length;
    }
    return std::nullopt;
}

char32_t decode(std::string_view text, std::size_t &position)
{
    const auto lead = static_cast<unsigned char>(text[position++]);
    if (lead < 0x80)
        return lead;
    const std::size_t length = lengthOfSequence(lead);
    char32_t codePoint = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i)
        codePoint = codePoint << 6 | (static_cast<unsigned char>(text[position++]) & 0x3FU);
    return codePoint;
}

std::size_t previous(std::string_view text, std::size_t position)
{
    do {
        --position;
    } while (position > 0 && (static_cast<unsigned char>(text[position]) & 0xC0U) == 0x80U);
    return position;
}

void append(std::string &text, char32_t codePoint)
{
    const auto push = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
    if (codePoint < 0x80) {
        push(codePoint);
        return;
    }
    if (codePoint < 0x800) {
        push(0xC0 | codePoint >> 6);
    } else if (codePoint < 0x10000) {
        push(0xE0 | codePoint >> 12);
        push(0x80 | (codePoint >> 6 & 0x3F));
    } else {
        push(0xF0 | codePoint >> 18);
        push(0x80 | (codePoint >> 12 & 0x3F));
        push(0x80 | (codePoint >> 6 & 0x3F));
    }
    push(0x80 | (codePoint & 0x3F));
}

bool isWhitespace(char32_t c)
{
    return isBetween(c, 0x09, 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           isBetween(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isNumeric(char32_t c)
{
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_NO;
}

bool isPunctuation(char32_t c)
{
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return isAsciiPunctuation(c) || (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO);
}

bool isWord(char32_t c)
{
    const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    const bool letterOrMark = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
    return letterOrMark || category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_PC || c == 0x200C || c == 0x200D || isAlphabeticSymbol(c);
}

std::string_view withoutLeadingSpace(std::string_view text)
{
    std::size_t position = 0;
    while (position < text.size()) {
        std::size_t behind = position;
        if (!isWhitespace(decode(text, behind)))
            break;
        position = behind;
    }
    return text.substr(position);
}

std::string_view withoutTrailingSpace(std::string_view text)
{
    std::size_t end = text.size();
    while (end > 0) {
        const std::size_t start = previous(text, end);
        std::size_t position = start;
        if (!isWhitespace(decode(text, position)))
            break;
        end = start;
    }
    return text.substr(0, end);
}

} // namespace ecdysis::io::unicode
