// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/scores/score.h"

namespace ecdysis::analysis {

/// Names of the parameters of which removing units in some places takes something.
std::vector<std::string> parametersOf(const architectures::Blueprint &blueprint, std::span<const scores::Place> places);

/// The sum of `score` over the elements that removing a part takes, or, for a width, each of its entries; all entries
/// in one pass over the tensors that hold them. Keeps a reference to the blueprint.
scores::UnitScores sumsOfElements(const architectures::Blueprint &blueprint, scores::ElementScores score);

} // namespace ecdysis::analysis
