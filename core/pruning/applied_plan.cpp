// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/applied_plan.h"

#include "core/io/sha256.h"
#include "core/pruning/cut_weights.h"

namespace ecdysis::pruning {

AppliedPlan apply(const Model::State &model, const Plan &plan)
{
    const Inventory inventory(model.files.blueprint);
    std::vector<Unit> units = model.files.bypassed;
    for (const Removal &removal : plan.removals)
        units.push_back(inventory.unit(removal.unit, "plan"));
    inventory.check(units, "plan");

    AppliedPlan applied{.network = model.network,
                        .removed = std::vector<architectures::Removed>(static_cast<std::size_t>(model.card().layers)),
                        .layerFlops = inventory.layerFlops(units),
                        .headFlops = inventory.headFlops()};
    std::vector<Unit> narrowed;
    for (const Unit &unit : units)
        if (unit.isPart())
            applied.removed[static_cast<std::size_t>(unit.layer)].insert(unit.kind);
        else
            narrowed.push_back(unit);
    if (!narrowed.empty())
        applied.network = buildNetwork(model.files, withoutCut(model.weights, inventory.cut(narrowed)));
    return applied;
}

std::string fingerprint(const Plan &plan)
{
    io::Sha256 hash;
    for (const Removal &removal : plan.removals) {
        hash.update(static_cast<std::uint64_t>(removal.unit.size()));
        hash.update(removal.unit);
    }
    return hash.finish();
}

} // namespace ecdysis::pruning
