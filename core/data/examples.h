// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/windows.h"

/// \file
/// Token sequences that a model learns from.
namespace ecdysis::data {

/// Sequences of tokens, padded on the right to one length.
struct Examples
{
    at::Tensor ids;    ///< int64 (example, token); padding is token 0, which nothing learns from
    at::Tensor labels; ///< bool (example, token): whether its prediction from the tokens before it counts; never the
                       ///< first token's

    std::int64_t count() const { return ids.defined() ? ids.size(0) : 0; }
};

/// What is learned from, and what is held out to see how well.
struct TrainingData
{
    Examples training;
    Examples validation;
    std::vector<Windows> watched = {}; ///< of further texts, measured at each validation; nothing is chosen by them
};

/// Pads sequences of (token, whether it is a label) to the longest of them.
using LabelledTokens = std::vector<std::pair<std::int64_t, bool>>;
Examples padded(const std::vector<LabelledTokens> &sequences);

/// The examples of these indices, without the columns that are padding in all of them.
Examples chosen(const Examples &examples, const std::vector<std::int64_t> &indices);

/// At most `limit` examples (0: all) at equal distances.
Examples spread(const Examples &examples, std::int64_t limit);

/// Indices of the `count` examples that a pass over all of `total` takes from its place `first` on, passes following
/// one another: each in an order of its own that only the seed and the number of the pass decide.
std::vector<std::int64_t> drawn(std::int64_t total, std::int64_t first, std::int64_t count, std::uint64_t seed);

/// SHA-256 of all ids and labels, and of what is watched, hexadecimal.
std::string fingerprint(const TrainingData &data);

} // namespace ecdysis::data
