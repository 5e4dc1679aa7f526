// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/normal_form.h"

#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include "core/exception.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::unicode {

namespace {

void appendNormalised(std::string &out, std::string_view text, int options)
{
    utf8proc_uint8_t *raw = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t *>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &raw,
                                     static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> bytes(raw, &std::free);
    if (length < 0)
        throw Exception(ErrorCode::BadFormat, std::string("Unicode normalisation: ") + utf8proc_errmsg(length));
    out.append(reinterpret_cast<const char *>(bytes.get()), static_cast<std::size_t>(length));
}

/// Code points whose lead byte is below `firstChanging` are starters that the form leaves alone and that never combine
/// with what precedes them. So only the runs of the others change, each together with the code point before it.
std::string normalise(std::string_view text, int options, unsigned char firstChanging)
{
    const auto isChanging = [&](std::size_t i) { return static_cast<unsigned char>(text[i]) >= firstChanging; };
    // A continuation byte inside a run belongs to it; one at its start belongs to a code point below the threshold.
    const auto isContinuation = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U; };
    std::string out;
    out.reserve(text.size() + 16);
    std::size_t copied = 0;
    std::size_t position = 0;
    while (position < text.size()) {
        if (!isChanging(position) || isContinuation(position)) {
            ++position;
            continue;
        }
        const std::size_t start = position > copied ? previous(text, position) : position;
        while (position < text.size() && isChanging(position)) {
            ++position;
            while (position < text.size() && isContinuation(position))
                ++position;
        }
        out.append(text.substr(copied, start - copied));
        appendNormalised(out, text.substr(start, position - start), options);
        copied = position;
    }
    out.append(text.substr(copied));
    return out;
}

constexpr unsigned char leadOfU0300 = 0xCC; ///< below U+0300 all are NFC_Quick_Check=Yes with combining class 0
constexpr unsigned char leadOfU0080 = 0xC2;

} // namespace

std::string nfc(std::string_view text)
{
    return normalise(text, UTF8PROC_COMPOSE, leadOfU0300);
}
std::string nfd(std::string_view text)
{
    return normalise(text, UTF8PROC_DECOMPOSE, leadOfU0080);
}

std::string nfkc(std::string_view text)
{
    return normalise(text, UTF8PROC_COMPOSE | UTF8PROC_COMPAT, leadOfU0080);
}

std::string nfkd(std::string_view text)
{
    return normalise(text, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, leadOfU0080);
}

std::string lowercase(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t position = 0; position < text.size();) {
        const char32_t codePoint = decode(text, position);
        if (codePoint == 0x130) // the one whose full mapping is longer: i and a combining dot above
            out += "i\u0307";
        else
            append(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(codePoint))));
    }
    return out;
}

std::string capitalized(std::string_view text)
{
    if (text.empty())
        return {};
    std::size_t behind = 0;
    const auto first = static_cast<utf8proc_int32_t>(decode(text, behind));
    std::string out;
    append(out, static_cast<char32_t>(utf8proc_totitle(first)));
    return out + lowercase(text.substr(behind));
}

} // namespace ecdysis::io::unicode
