// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/model.h"
#include "core/values/run.h"
#include "core/values/stability.h"

namespace ecdysis::pruning {

/// The settings of a draw: the windows of each stage are drawn by its seed (0 if it has none) and `draw` times the
/// number of stages, so that no two stages of all draws share one.
SearchSettings settingsOfDraw(SearchSettings settings, int draw);

/// Throws Exception{InvalidArgument}: less than two draws, or a stage without a text to draw windows from.
void checkDraws(const SearchSettings &settings, int draws);

/// What one of several draws reports to: its share of them all. `run` outlives it.
Run runOfDraw(const Run &run, int draw, int draws);

/// How alike finished searches are that differ in nothing but their windows. Requires: at least one.
Stability stabilityOf(const ModelFiles &files, const std::vector<Search> &searches);

} // namespace ecdysis::pruning
