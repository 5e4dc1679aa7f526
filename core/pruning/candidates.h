// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/model.h"
#include "core/values/search.h"

namespace ecdysis::pruning {

/// The units of a stage's kinds that may go next from what a plan leaves, in the order of the layers: parts that are
/// still there and that nothing left needs; of a width whose entries are things by themselves (heads, experts) each
/// group of entries; of other widths the last group. A width never goes as a whole.
/// Throws Exception{InvalidArgument} for a kind of which the model has no unit, and for no kind at all.
std::vector<Unit> candidates(const ModelFiles &files, const SearchStage &stage, const Plan &plan);

} // namespace ecdysis::pruning
