// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/engine.h"
#include "core/scores/score.h"

namespace ecdysis::analysis {

/// Importance of units by any score: its own, or the sum of its elements over exactly those that removing the unit
/// takes. All `places` are prepared for at once. Throws Exception{Cancelled, InvalidArgument, Mismatch}.
scores::UnitScores unitScores(const scores::Subject &subject, const scores::Chosen &score,
                              std::span<const scores::Place> places, const Run &run);

/// Indices of the entries, the most important first; ties by position.
std::vector<std::int64_t> mostImportantFirst(const at::Tensor &entries);

/// The entries of the width `kind` of a layer by a score ("magnitude", "gradient:alpha=1"), the most important first.
/// `windows`: as Subject's. Prepares for this width alone: many are faster through unitScores().
std::vector<std::int64_t> entryOrder(const Model::State &model, const std::string &score, const std::string &kind,
                                     int layer, const data::Windows *windows, const Run &run);

/// See ecdysis::rank(). Throws Exception.
Ranking rank(const Model::State &model, const RankRequest &request, const Run &run);

} // namespace ecdysis::analysis
