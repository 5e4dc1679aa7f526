// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/entry_order.h"

#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

Plan countedAsStored(const architectures::Blueprint &blueprint, const Plan &plan)
{
    const Inventory inventory(blueprint, plan.orders);
    Plan stored = plan;
    stored.removals.clear();
    stored.orders.clear();
    for (const Removal &removal : plan.removals) {
        const Unit unit = inventory.unit(removal.unit, "plan");
        if (unit.from < 0) {
            stored.removals.push_back(removal);
            continue;
        }
        const std::vector<std::int64_t> entries = inventory.entries(unit);
        for (auto first = entries.begin(); first != entries.end();) {
            auto last = first;
            while (last + 1 != entries.end() && *(last + 1) == *last + 1)
                ++last;
            stored.removals.push_back({unitId(unit.kind, unit.layer, *first, *last), removal.reason});
            first = last + 1;
        }
    }
    return stored;
}

} // namespace ecdysis::pruning
