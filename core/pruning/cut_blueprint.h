// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/values/unit.h"

/// \file
/// A model that has been cut, as the blueprint of a model of its own.
namespace ecdysis::pruning {

/// The blueprint of what is left without `units`, under the same numbers of layers: tensors in the shapes they have
/// come to, the parts and widths that can still go, and where in the tensors they lie now. A layer that is gone is one
/// without tensors. FLOPs are exact for one cut; where a later one meets an earlier one in a recurrence, an estimate.
architectures::Blueprint blueprintWithout(const architectures::Blueprint &blueprint, std::span<const Unit> units);

/// The units of a cut blueprint in the terms of the whole one that `gone` was cut from: entries of widths get the
/// numbers they had, a range that is none there becomes several units.
std::vector<Unit> inTermsOfWhole(const architectures::Blueprint &whole, std::span<const Unit> gone,
                                 std::span<const Unit> units);

} // namespace ecdysis::pruning
