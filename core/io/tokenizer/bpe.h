// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/io/tokenizer/json_node.h"
#include "core/io/tokenizer/merge_table.h"
#include "core/io/tokenizer/vocabulary.h"

namespace ecdysis::io::tokenizers {

/// The "model" of type BPE of a tokenizer.json, with byte_fallback, fuse_unk and ignore_merges.
class Bpe
{
public:
    /// Throws Exception: BadFormat, Unsupported (another type; dropout, prefixes and suffixes of subwords).
    explicit Bpe(const JsonNode &model);

    /// Appends the ids of one word, well-formed UTF-8. A character that is neither known nor falls back to bytes is the
    /// unknown token, or nothing where there is none. Throws Exception: Cancelled, Unsupported (2 GiB or more).
    void encode(std::string_view word, const Run &run, std::vector<std::int32_t> &ids) const;

    const Vocabulary &vocabulary() const { return m_vocabulary; }

private:
    void readMerges(const JsonNode &merges);
    void indexCharacters();
    void indexBytes();
    std::optional<std::int32_t> character(char32_t codePoint) const;
    bool appendBytes(std::string_view character, std::vector<std::int32_t> &symbols) const;
    std::vector<std::int32_t> symbolsOf(std::string_view word) const;

    Vocabulary m_vocabulary;
    MergeTable m_merges;
    std::unordered_map<char32_t, std::int32_t> m_characters;
    std::array<std::int32_t, 0x300> m_frequentCharacters{}; ///< the first ones of m_characters; -1 for none
    std::array<std::int32_t, 256> m_bytes{};                ///< ids of <0x00> … <0xFF>; -1 for none
    std::optional<std::int32_t> m_unknown;
    bool m_fusesUnknown = false;
    bool m_ignoresMerges = false;
};

} // namespace ecdysis::io::tokenizers
