// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/exception.h"
#include "core/io/tokenizer/oniguruma.h"

namespace ecdysis::io::tokenizers {

namespace {

std::string pcreMessage(int code)
{
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof text);
    return reinterpret_cast<const char *>(text);
}

pcre2_code *codeOf(const std::shared_ptr<const void> &code)
{
    // Matching does not change compiled code; the C interface merely lacks the const.
    return const_cast<pcre2_code *>(static_cast<const pcre2_code *>(code.get()));
}

/// Without a limit, one search of a hostile pattern may take 20 GB.
const pcre2_match_context *limits()
{
    constexpr std::uint32_t heap = 256 * 1024; // KiB
    static const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context = [] {
        std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> made(
            pcre2_match_context_create(nullptr), &pcre2_match_context_free);
        pcre2_set_heap_limit(made.get(), heap);
        return made;
    }();
    return context.get();
}

} // namespace

Regex::Regex(std::string_view onigurumaPattern)
    : Regex(pcreFromOniguruma(onigurumaPattern), PCRE2_MULTILINE, std::string(onigurumaPattern))
{
}

Regex Regex::literal(std::string_view text)
{
    return Regex(std::string(text), PCRE2_LITERAL, std::string(text));
}

Regex::Regex(std::string pcrePattern, unsigned options, std::string shown) : m_shown(std::move(shown))
{
    const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
        pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pcrePattern.data()), pcrePattern.size(),
                      options | PCRE2_UTF | (options & PCRE2_LITERAL ? 0 : PCRE2_UCP), &error, &offset, context.get());
    if (!code)
        throw Exception(ErrorCode::Unsupported, "pattern " + m_shown + ": " + pcreMessage(error));
    m_code = std::shared_ptr<const void>(
        code, [](const void *c) { pcre2_code_free(const_cast<pcre2_code *>(static_cast<const pcre2_code *>(c))); });
    std::uint32_t matchesEmpty = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MATCHEMPTY, &matchesEmpty);
    if (matchesEmpty)
        throw Exception(ErrorCode::Unsupported, "pattern " + m_shown + ": it can match an empty text");
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); // without it the interpreter gives the same matches
}

Regex::Matches::Matches(const Regex &regex, std::string_view text)
    : m_regex(regex), m_text(text), m_data(pcre2_match_data_create(1, nullptr), [](void *data) {
          pcre2_match_data_free(static_cast<pcre2_match_data *>(data));
      })
{
}

std::optional<Range> Regex::Matches::next()
{
    auto *data = static_cast<pcre2_match_data *>(m_data.get());
    const auto match = [&](unsigned options) {
        return pcre2_match(codeOf(m_regex.m_code), reinterpret_cast<PCRE2_SPTR>(m_text.data()), m_text.size(), m_from,
                           PCRE2_NO_UTF_CHECK | options, data,
                           const_cast<pcre2_match_context *>(limits())); // only read
    };
    int count = match(0);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)
        count = match(PCRE2_NO_JIT); // its backtracking lives on the heap
    if (count == PCRE2_ERROR_NOMATCH)
        return std::nullopt;
    if (count < 0)
        throw Exception(ErrorCode::Unsupported, "pattern " + m_regex.m_shown + ": " + pcreMessage(count));
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(data);
    m_from = bounds[1];
    return Range{bounds[0], bounds[1]};
}

} // namespace ecdysis::io::tokenizers
