// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/plan_size.h"

#include <numeric>

#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

PlanSize sizeOf(const ModelFiles &files, const Plan &plan)
{
    const Inventory inventory(files.blueprint, plan.orders);
    const std::vector<Unit> units = inventory.units(plan, "plan");
    const Cut cut = inventory.cut(units);
    const std::vector<double> layers = inventory.layerFlops(units);
    PlanSize size{.parameters = files.card.parameters,
                  .bytes = files.card.bytes,
                  .flopsPerToken = std::accumulate(layers.begin(), layers.end(), inventory.headFlops())};
    const auto lose = [&](const std::string &tensor, std::int64_t elements) {
        const TensorInfo &stored = *files.checkpoint.find(files.storedNames.at(tensor));
        size.parameters -= elements;
        size.bytes -= elements * static_cast<std::int64_t>(byteSize(stored.dtype));
    };
    for (const std::string &tensor : cut.tensors)
        if (const auto *parameter = inventory.parameter(tensor); parameter->tiedTo.empty())
            lose(tensor, files.checkpoint.find(files.storedNames.at(tensor))->elements());
    for (const auto &[tensor, indices] : cut.partial)
        lose(tensor, elementsLost(inventory.parameter(tensor)->shape, indices));
    return size;
}

} // namespace ecdysis::pruning
