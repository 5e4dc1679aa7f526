// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/io/tokenizer/vocabulary.h"

namespace ecdysis::io::tokenizers {

/// Ids of words already met in a text; the first words stay, later ones find no room.
class WordCache
{
public:
    /// The ids of `word`, found here or from `encode(word, std::vector<std::int32_t> &ids)`, which appends them.
    /// Valid until the next call.
    template <typename Encode> std::span<const std::int32_t> ids(std::string_view word, Encode &&encode)
    {
        const auto known = m_words.find(word);
        if (known != m_words.end())
            return std::span(m_ids).subspan(known->second.begin, known->second.count);
        m_fresh.clear();
        encode(word, m_fresh);
        if (m_words.size() < maximumWords && word.size() <= maximumLength) {
            m_words.emplace(
                word, Place{static_cast<std::uint32_t>(m_ids.size()), static_cast<std::uint32_t>(m_fresh.size())});
            m_ids.insert(m_ids.end(), m_fresh.begin(), m_fresh.end());
        }
        return m_fresh;
    }

private:
    static constexpr std::size_t maximumWords = 1 << 16;
    static constexpr std::size_t maximumLength = 128; ///< bytes; longer words seldom return

    struct Place
    {
        std::uint32_t begin;
        std::uint32_t count;
    };
    StringMap<Place> m_words;
    std::vector<std::int32_t> m_ids;
    std::vector<std::int32_t> m_fresh;
};

} // namespace ecdysis::io::tokenizers
