// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/architectures/blueprint.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// The same plan without orders: entries of widths are counted as stored, a range each for those that follow one
/// another. Throws Exception{Mismatch} as Inventory does.
Plan countedAsStored(const architectures::Blueprint &blueprint, const Plan &plan);

} // namespace ecdysis::pruning
