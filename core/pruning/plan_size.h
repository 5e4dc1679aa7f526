// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// What a plan leaves of a model.
struct PlanSize
{
    std::int64_t parameters = 0; ///< tied and shared tensors counted once
    std::int64_t bytes = 0;      ///< of those parameters as stored
    double flopsPerToken = 0;    ///< of a forward pass with head

    bool operator==(const PlanSize &) const = default;
};

/// With the biases that the plan adds. Throws Exception{Mismatch} for a unit that the model does not have, and what
/// addedBiases() does.
PlanSize sizeOf(const ModelFiles &files, const Plan &plan);

} // namespace ecdysis::pruning
