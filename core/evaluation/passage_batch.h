// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/architectures/network.h"
#include "core/layers/head.h"

/// \file
/// Passages of a text, of which tokens are asked for, and how several are computed at once.
namespace ecdysis::evaluation {

using layers::Prediction;

/// A token that is asked for behind another one.
struct Target
{
    std::int64_t after = 0; ///< place of the last token that is seen
    std::int64_t token = 0;

    bool operator==(const Target &) const = default;
};

/// Tokens of any length, and what is asked of them: a passage is computed once for all of its targets.
struct Passage
{
    std::vector<std::int64_t> ids;
    std::vector<Target> targets;

    std::int64_t length() const { return static_cast<std::int64_t>(ids.size()); }
    bool operator==(const Passage &) const = default;
};

/// Tokens of a passage that are computed in one go: those before `start` are remembered.
struct Piece
{
    const Passage *passage = nullptr;
    std::int64_t start = 0;
    std::int64_t length = 0;
};

/// The whole of a passage, which has to stay.
Piece whole(const Passage &passage);

/// The tokens that so many are computed as: lengths are filled up to a multiple of 16, so that products have few
/// different shapes, all of whole tiles.
std::int64_t filled(std::int64_t length);

/// Pieces that are computed together, the shorter ones filled up at their right end, which changes nothing to their
/// left: no layer looks ahead.
struct PassageBatch
{
    at::Tensor ids;                 ///< int64 (piece, token)
    std::vector<std::int64_t> rows; ///< the place of each target in (piece · token)
    at::Tensor classes;             ///< int64 (target)
};

/// Of the targets of a passage those that are asked for behind a token of the piece.
PassageBatch batchOf(const std::vector<Piece> &pieces);

/// Throws Exception{Mismatch} for ids beyond the vocabulary; `source` is the name for the message.
void checkIds(const PassageBatch &batch, const architectures::Network &network, const std::string &source);

/// What the residual stream after the last layer, float32 (piece, token, channel), says of each target of a batch.
/// Throws Exception{Cancelled}.
std::vector<Prediction> predictionsOf(const architectures::Network &network, const PassageBatch &batch,
                                      const at::Tensor &residual, const Run &run);

} // namespace ecdysis::evaluation
