// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "core/values/search.h"

/// \file
/// Where a search stops.
namespace ecdysis::pruning {

/// The bound of size or speed that a step has come down to, by its name; empty: none.
std::string boundReached(const SearchSettings &settings, const SearchStep &step);

/// Whether a loss is above the bound of the objective, where that is one of loss.
bool exceedsLoss(const SearchSettings &settings, double loss);

/// Whether the accuracy of a step is below its bound, by more than rounding.
bool fallsBelowAccuracy(const SearchSettings &settings, const SearchStep &step);

} // namespace ecdysis::pruning
