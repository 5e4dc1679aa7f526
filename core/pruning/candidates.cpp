// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/candidates.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Part;

namespace {

/// Widths are listed in so many groups where nothing else is asked for.
constexpr std::int64_t usualGroups = 16;

void checkTargets(const Blueprint &blueprint, const std::vector<std::string> &targets)
{
    std::vector<std::string> known;
    const auto add = [&](const std::string &kind) {
        if (std::ranges::count(known, kind) == 0)
            known.push_back(kind);
    };
    for (const Part &part : blueprint.parts)
        add(part.kind);
    for (const Axis &axis : blueprint.axes)
        add(axis.kind);
    for (const std::string &target : targets)
        if (std::ranges::count(known, target) == 0)
            throw Exception(ErrorCode::InvalidArgument,
                            fmt::format("a kind of unit that this model has expected ({}), \"{}\" found",
                                        fmt::join(known, ", "), target));
    if (targets.empty())
        throw Exception(ErrorCode::InvalidArgument, "at least one kind of unit expected, none found");
}

std::int64_t groupOf(const Axis &axis, const SearchStage &stage)
{
    const auto asked = stage.groups.find(axis.kind);
    if (asked != stage.groups.end())
        return asked->second;
    return axis.single ? 1 : (axis.size + usualGroups - 1) / usualGroups;
}

/// Groups of the entries that are left, each a range; those of a mere width begin at its end.
std::vector<Unit> groupsLeft(const Axis &axis, const SearchStage &stage, std::span<const Unit> gone)
{
    const std::int64_t size = groupOf(axis, stage);
    const auto isLeft = [&](std::int64_t entry) {
        return std::ranges::none_of(gone, [&](const Unit &unit) {
            return unit.kind == axis.kind && unit.layer == axis.layer && unit.from <= entry && entry <= unit.to;
        });
    };
    std::vector<Unit> groups;
    for (std::int64_t to = axis.size - 1; to >= 0 && (axis.single || groups.empty()); --to) {
        if (!isLeft(to))
            continue;
        std::int64_t from = to;
        // Groups keep their places, so that all of a width are as large as the first.
        const std::int64_t first = axis.single ? to - to % size : to - size + 1;
        while (from > std::max<std::int64_t>(0, first) && isLeft(from - 1))
            --from;
        groups.push_back({.id = unitId(axis.kind, axis.layer, from, to),
                          .kind = axis.kind,
                          .layer = axis.layer,
                          .from = from,
                          .to = to});
        to = from;
    }
    std::ranges::reverse(groups);
    return groups;
}

} // namespace

std::vector<Unit> candidates(const ModelFiles &files, const SearchStage &stage, const Plan &plan)
{
    const Blueprint &blueprint = files.blueprint;
    checkTargets(blueprint, stage.targets);
    const Inventory inventory(blueprint, plan.orders);
    std::vector<Unit> units = files.bypassed;
    std::ranges::copy(inventory.units(plan, "plan"), std::back_inserter(units));
    const std::vector<Unit> gone = units;
    std::vector<Unit> found;
    const auto offer = [&](const Unit &candidate) {
        if (inventory.isGone(candidate, gone))
            return;
        units.push_back(inventory.unit(candidate.id, "search"));
        try {
            inventory.check(units, "search");
            found.push_back(units.back());
        } catch (const Exception &) {
            // Not from this plan.
        }
        units.pop_back();
    };
    const auto asked = [&](const std::string &kind) { return std::ranges::count(stage.targets, kind) > 0; };
    for (const Part &part : blueprint.parts)
        if (asked(part.kind))
            offer({.id = unitId(part.kind, part.layer), .kind = part.kind, .layer = part.layer});
    for (const Axis &axis : blueprint.axes)
        if (asked(axis.kind))
            for (const Unit &group : groupsLeft(axis, stage, gone))
                offer(group);
    std::ranges::stable_sort(found, {}, &Unit::layer);
    return found;
}

} // namespace ecdysis::pruning
