// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/io/tokenizer.h"

/// \file
/// Sequences that only memory can continue, of tokens of a model's own vocabulary.
namespace ecdysis::data {

/// Tokens with places whose successors are asked for, and tokens in which nothing tells them: the difference is what
/// memory is worth, whatever a model thinks of the words themselves.
struct RecallSequence
{
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> queries; ///< places of the keys that come again
    std::vector<std::int64_t> answers; ///< the token after each of them that is right
    std::vector<std::int64_t> control; ///< the same as `ids`, but that other words stood behind the keys at first
};

/// Ids of common English words that are one token with the space before them; of letters and digits where those are
/// too few. Throws Exception{Unsupported}: a tokenizer that has neither.
std::vector<std::int64_t> recallWords(const io::Tokenizer &tokenizer);

/// Induction heads (Olsson et al., arXiv 2209.11895; test of arXiv 2312.00752): a key and its value among other words,
/// and `distance` tokens after the key the key again. Requires: a distance of at least 2, 3 different words.
RecallSequence inductionSequence(const std::vector<std::int64_t> &words, int distance, std::mt19937_64 &random);

/// Multi-query associative recall (Arora et al., arXiv 2312.04927): pairs of key and value one after the other, other
/// words, then each key again, in another order and with its value behind it. From key to query it is `distance`
/// tokens in the mean. Requires: a distance of at least 2 · pairs, more than 2 · pairs different words.
RecallSequence mqarSequence(const std::vector<std::int64_t> &words, int distance, int pairs, std::mt19937_64 &random);

/// Pairs that fit a distance: a quarter of it, up to 8.
int mqarPairs(int distance);

} // namespace ecdysis::data
