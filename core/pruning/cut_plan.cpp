// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/cut_plan.h"

#include "core/pruning/cut_weights.h"
#include "core/pruning/new_weights.h"

namespace ecdysis::pruning {

AppliedPlan cutOut(const Model::State &model, const Plan &plan)
{
    AppliedPlan applied = apply(model, plan);
    const architectures::Blueprint blueprint = blueprintUnder(plan, model.files.blueprint);
    const Inventory inventory(blueprint, plan.orders);
    const std::vector<Unit> units = inventory.units(plan, "plan");
    // What is switched off stays so: weights that layers share go with the last of them.
    if (!units.empty())
        applied.network = buildNetwork(model.files, withoutCut(weightsUnder(plan, model), inventory.cut(units)));
    return applied;
}

} // namespace ecdysis::pruning
