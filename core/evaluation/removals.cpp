// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/removals.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/sha256.h"

namespace ecdysis::evaluation {

std::vector<architectures::Removed> removedByLayer(const Plan &plan, const ModelCard &card)
{
    std::vector<architectures::Removed> removed(static_cast<std::size_t>(card.layers));
    for (const Removal &removal : plan.removals) {
        const auto unit = std::ranges::find(card.units, removal.unit, &Unit::id);
        if (unit == card.units.end())
            throw Exception(ErrorCode::Mismatch,
                            fmt::format("expected a unit of this {} model, found {}", card.title, removal.unit),
                            "plan: " + removal.unit);
        if (!removed[static_cast<std::size_t>(unit->layer)].insert(unit->kind).second)
            throw Exception(ErrorCode::Mismatch, "expected each unit to be removed once, found it twice",
                            "plan: " + removal.unit);
    }
    return removed;
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

} // namespace ecdysis::evaluation
