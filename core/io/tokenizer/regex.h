// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ecdysis::io::tokenizers {

/// Half-open range of bytes.
struct Range
{
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A compiled pattern (PCRE2); copies share it, any number of threads may search with it.
class Regex
{
public:
    /// A pattern in Oniguruma's syntax; throws Exception{Unsupported} naming pattern and construct where PCRE2 would
    /// match something else, or where the pattern can match nothing at all.
    explicit Regex(std::string_view onigurumaPattern);
    /// The text itself (not empty).
    static Regex literal(std::string_view text);

    /// Successive matches in well-formed UTF-8, leftmost first, none overlapping.
    class Matches
    {
    public:
        Matches(const Regex &regex, std::string_view text);
        std::optional<Range> next();

    private:
        const Regex &m_regex;
        std::string_view m_text;
        std::shared_ptr<void> m_data;
        std::size_t m_from = 0;
    };

private:
    Regex(std::string pcrePattern, unsigned options, std::string shown);
    std::shared_ptr<const void> m_code;
    std::string m_shown; ///< as the file has it, for errors
};

} // namespace ecdysis::io::tokenizers
