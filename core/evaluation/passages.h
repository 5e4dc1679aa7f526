// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/layers/head.h"
#include "core/model.h"
#include "core/pruning/applied_plan.h"

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

    bool operator==(const Passage &) const = default;
};

/// The tokens that a passage is computed with: its own, filled up to a multiple of 16, so that products have few
/// different shapes, all of whole tiles.
std::int64_t filledLength(const Passage &passage);

/// Passages that are computed together, the shorter ones filled up at their right end, which changes nothing to their
/// left: no layer looks ahead.
struct PassageBatch
{
    at::Tensor ids;                 ///< int64 (passage, token)
    std::vector<std::int64_t> rows; ///< the place of each target in (passage · token)
    at::Tensor classes;             ///< int64 (target)
};

/// `members`: indices of the passages.
PassageBatch batchOf(const std::vector<Passage> &passages, const std::vector<std::size_t> &members);

/// Throws Exception{Mismatch} for ids beyond the vocabulary; `source` is the name for the message.
void checkIds(const PassageBatch &batch, const architectures::Network &network, const std::string &source);

/// What the residual stream after the last layer, float32 (passage, token, channel), says of each target of a batch.
/// Throws Exception{Cancelled}.
std::vector<Prediction> predictionsOf(const architectures::Network &network, const PassageBatch &batch,
                                      const at::Tensor &residual, const Run &run);

/// What a model says of the targets of each passage. Passages of about a length are computed together, about
/// `batchTokens` at a time. `stage` names the progress, whose steps are passages; `source` is the name for messages.
/// Throws Exception{Cancelled, Mismatch (ids beyond the vocabulary)}.
std::vector<std::vector<Prediction>> predict(const pruning::AppliedPlan &model, const std::vector<Passage> &passages,
                                             std::int64_t batchTokens, const std::string &stage,
                                             const std::string &source, const Run &run);

/// Tokens that predict() computes, those that fill up not counted.
std::int64_t tokensOf(const std::vector<Passage> &passages);

} // namespace ecdysis::evaluation
