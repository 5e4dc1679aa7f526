// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/applied_plan.h"

#include <numeric>

#include "core/io/sha256.h"
#include "core/pruning/cut_weights.h"
#include "core/pruning/masks.h"
#include "core/pruning/new_weights.h"

namespace ecdysis::pruning {

namespace {

/// A plan without the removals of whole parts, which are switched off in whatever network there is.
Plan narrowing(Plan plan, const std::vector<Unit> &units)
{
    std::erase_if(plan.removals,
                  [&](const Removal &removal) { return std::ranges::find(units, removal.unit, &Unit::id)->isPart(); });
    return plan;
}

std::shared_ptr<const architectures::Network> narrowed(const Model::State &model, const Plan &narrowing)
{
    if (narrowing.removals.empty() && !narrowing.masks && !narrowing.weights)
        return model.network;
    const architectures::Blueprint blueprint = blueprintUnder(narrowing, model.files.blueprint);
    const Inventory inventory(blueprint, narrowing.orders);
    const Cut cut = inventory.cut(inventory.units(narrowing, "plan"));
    return buildNetwork(model.files, withoutCut(weightsUnder(narrowing, model), cut));
}

} // namespace

architectures::Weights weightsUnder(const Plan &plan, const Model::State &model)
{
    const architectures::Blueprint &blueprint = model.files.blueprint;
    const architectures::Weights weights = withNew(model.weights, newWeightsOf(plan, blueprint), blueprint);
    return plan.masks ? masked(weights, readMasks(*plan.masks, blueprint)) : weights;
}

double AppliedPlan::flopsPerToken() const
{
    return std::accumulate(layerFlops.begin(), layerFlops.end(), headFlops);
}

AppliedPlan apply(const Model::State &model, const Plan &plan)
{
    return apply(model, plan, {.network = model.network});
}

AppliedPlan apply(const Model::State &model, const Plan &plan, const AppliedPlan &other)
{
    const Inventory inventory(model.files.blueprint, plan.orders);
    std::vector<Unit> units = inventory.units(plan, "plan");
    units.insert(units.end(), model.files.bypassed.begin(), model.files.bypassed.end());
    inventory.check(units, "plan");
    AppliedPlan applied{.network = other.network,
                        .removed = std::vector<architectures::Removed>(static_cast<std::size_t>(model.card().layers)),
                        .layerFlops = inventory.layerFlops(units),
                        .headFlops = inventory.headFlops(),
                        .narrowing = narrowing(plan, units)};
    for (const Unit &unit : units)
        if (unit.isPart())
            applied.removed[static_cast<std::size_t>(unit.layer)].insert(unit.kind);
    if (applied.narrowing != other.narrowing)
        applied.network = narrowed(model, applied.narrowing);
    return applied;
}

std::string fingerprint(const Plan &plan)
{
    io::Sha256 hash;
    const auto add = [&](const std::string &text) {
        hash.update(static_cast<std::uint64_t>(text.size()));
        hash.update(text);
    };
    for (const Removal &removal : plan.removals)
        add(removal.unit);
    for (const EntryOrder &order : plan.orders) {
        add(order.kind);
        hash.update(static_cast<std::uint64_t>(order.layer));
        for (const std::int64_t entry : order.entries)
            hash.update(static_cast<std::uint64_t>(entry));
    }
    if (plan.masks)
        hash.update(plan.masks->sha256);
    if (plan.weights)
        add("weights " + plan.weights->sha256);
    return hash.finish();
}

} // namespace ecdysis::pruning
