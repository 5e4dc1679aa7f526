// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/pruning/masks.h"
#include "core/scores/score.h"
#include "core/values/prune_report.h"

namespace ecdysis::pruning {

/// Names of the weights that are pruned unless others are asked for: projections and convolutions, never biases, norms,
/// A_log, D, embeddings. In the blueprint's order.
std::vector<std::string> prunableWeights(const architectures::Blueprint &blueprint);

/// Masks that take the lowest-scored weights out of each scope, exactly round(amount · n) of its n (a half to the even
/// number), ties by position: the blueprint's order of parameters, then row-major. `scope` is "global", "tensor",
/// "layer" (a shared weight counts with the first layer that uses it) or "row" (what one output of a projection or one
/// channel of a convolution reads). Scores are computed anew for each of four passes rather than kept: those of one
/// tensor are in memory at a time.
/// Throws Exception{InvalidArgument, Mismatch (a score that is NaN), Cancelled}.
Masks lowestMasks(const architectures::Blueprint &blueprint, const scores::ElementScores &score,
                  const std::string &scope, double amount, const Run &run);

/// Sparsity of each kind of weight, by name.
std::vector<ComponentSparsity> byComponent(const architectures::Blueprint &blueprint, const Masks &masks);

} // namespace ecdysis::pruning
