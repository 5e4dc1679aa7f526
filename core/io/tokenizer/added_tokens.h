// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/io/tokenizer/json_node.h"
#include "core/io/tokenizer/pre_tokenizer.h"

namespace ecdysis::io::tokenizers {

/// A token found in the text before the model sees it.
struct AddedToken
{
    std::string content;
    std::int32_t id = 0;
    bool isSingleWord = false; ///< no word character on either side
    bool takesSpaceBefore = false;
    bool takesSpaceBehind = false;
    bool isNormalized = false; ///< found in the normalised text
    bool isSpecial = false;
};

/// {"content", "single_word", "lstrip", "rstrip", "normalized", "special"}; the id stands elsewhere.
AddedToken readAddedToken(const JsonNode &node, std::int32_t id);

/// Finds added tokens: leftmost, then longest, then the first of the list.
class AddedTokenSplitter
{
public:
    using TokenSink = std::function<void(std::int32_t id)>;

    AddedTokenSplitter() = default;
    /// Each token with the text by which it is found (its content, perhaps normalised); empty texts are never found.
    explicit AddedTokenSplitter(std::vector<std::pair<std::string, AddedToken>> tokens);

    /// Hands on the stretches between the tokens, never empty, and the tokens' ids, in order.
    void split(Piece piece, const PieceSink &textSink, const TokenSink &tokenSink) const;

private:
    struct Node
    {
        std::vector<std::pair<char, std::uint32_t>> children;
        std::int32_t token = -1;
    };
    struct Match
    {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::int32_t token = -1; ///< -1: none
    };

    void insert(std::string_view text, std::int32_t token);
    std::uint32_t child(std::uint32_t node, char byte) const; ///< 0: none
    Match find(std::string_view text, std::size_t from) const;

    std::vector<AddedToken> m_tokens;
    std::vector<Node> m_nodes{1}; ///< a trie of bytes; the first is its root
    std::array<bool, 256> m_isFirstByte{};
};

} // namespace ecdysis::io::tokenizers
