// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/pruning/applied_plan.h"
#include "core/pruning/search_objective.h"

namespace ecdysis::pruning {

/// A plan that does the same as another to the layers before `layer`.
struct Alternative
{
    Plan plan;
    int layer = 0;

    bool operator==(const Alternative &) const = default;
};

/// The figures of an objective on one of its batches for each alternative to `base`, whose layers are gone through
/// once for all of them. The streams between them take `prefixBytes` at most. `worked` hears of FLOPs.
/// Throws Exception{Cancelled}.
std::vector<Figures> measureAlternatives(const Model::State &model, const AppliedPlan &base,
                                         std::span<const Alternative> alternatives, const Objective &objective,
                                         std::size_t batch, std::int64_t prefixBytes,
                                         const std::function<void(double flops)> &worked, const Run &run);

/// The figures of a plan by itself on one batch; the same bits.
Figures measurePlan(const AppliedPlan &plan, const Objective &objective, std::size_t batch,
                    const std::function<void(double flops)> &worked, const Run &run);

} // namespace ecdysis::pruning
