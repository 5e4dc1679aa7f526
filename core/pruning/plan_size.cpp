// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/plan_size.h"

#include <map>
#include <numeric>

#include "core/pruning/inventory.h"
#include "core/pruning/new_weights.h"

namespace ecdysis::pruning {

PlanSize sizeOf(const ModelFiles &files, const Plan &plan)
{
    const architectures::Blueprint blueprint = blueprintUnder(plan, files.blueprint);
    const Inventory inventory(blueprint, plan.orders);
    const std::vector<Unit> units = inventory.units(plan, "plan");
    const Cut cut = inventory.cut(units);
    const std::vector<double> layers = inventory.layerFlops(units);
    PlanSize size{.parameters = files.card.parameters,
                  .bytes = files.card.bytes,
                  .flopsPerToken = std::accumulate(layers.begin(), layers.end(), inventory.headFlops())};
    std::map<std::string, TensorInfo> added;
    for (TensorInfo &bias : addedBiases(plan, files.blueprint)) {
        size.parameters += bias.elements();
        size.bytes += bias.bytes();
        added.emplace(bias.name, std::move(bias));
    }
    const auto stored = [&](const std::string &tensor) -> const TensorInfo & {
        const auto bias = added.find(tensor);
        return bias != added.end() ? bias->second : *files.checkpoint.find(files.storedNames.at(tensor));
    };
    const auto lose = [&](const std::string &tensor, std::int64_t elements) {
        size.parameters -= elements;
        size.bytes -= elements * static_cast<std::int64_t>(byteSize(stored(tensor).dtype));
    };
    for (const std::string &tensor : cut.tensors)
        if (const auto *parameter = inventory.parameter(tensor); parameter->tiedTo.empty())
            lose(tensor, stored(tensor).elements());
    for (const auto &[tensor, indices] : cut.partial)
        lose(tensor, elementsLost(inventory.parameter(tensor)->shape, indices));
    return size;
}

} // namespace ecdysis::pruning
