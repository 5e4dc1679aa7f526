// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/evaluation/passage_batch.h"
#include "core/model.h"
#include "core/pruning/applied_plan.h"

namespace ecdysis::evaluation {

/// Tokens with which passages begin that lie side by side: computed once, the passages go on from the states.
struct Stem
{
    std::size_t first = 0; ///< passage
    std::size_t count = 0; ///< of passages
    std::int64_t tokens = 0;

    bool operator==(const Stem &) const = default;
};

/// The tokens that all passages from `first` on begin with, as far as nothing is asked for behind them, where it is
/// less work to compute them once.
std::optional<Stem> stemOf(const std::vector<Passage> &passages, std::size_t first);

/// Passages and what some of them share: no passage is of two stems.
struct Passages
{
    std::vector<Passage> all;
    std::vector<Stem> stems;

    /// That predict() computes, those that fill up not counted.
    std::int64_t tokens() const;
};

/// What a model says of the targets of each passage. Passages of about a length are computed together, about
/// `batchTokens` at a time, the shorter ones filled up at their right end, which changes nothing to their left: no
/// layer looks ahead. So are stems, and then what is left of their passages. `stage` names the progress, whose steps
/// are passages; `source` is the name for messages. Throws Exception{Cancelled, Mismatch (ids beyond the vocabulary)}.
std::vector<std::vector<Prediction>> predict(const pruning::AppliedPlan &model, const Passages &passages,
                                             std::int64_t batchTokens, const std::string &stage,
                                             const std::string &source, const Run &run);

} // namespace ecdysis::evaluation
