// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_scores.h"

#include <algorithm>
#include <map>

#include "core/analysis/ranking.h"
#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

using scores::Place;

namespace {

bool isTarget(const SearchStage &stage, const std::string &kind)
{
    return std::ranges::count(stage.targets, kind) > 0;
}

/// Whether a plan has taken entries of a width or ordered it: what its ids mean must not change any more.
bool isSettled(const Plan &plan, const architectures::Axis &width)
{
    const auto same = [&](const std::string &kind, int layer) { return kind == width.kind && layer == width.layer; };
    return std::ranges::any_of(plan.orders, [&](const EntryOrder &order) { return same(order.kind, order.layer); }) ||
           std::ranges::any_of(plan.removals, [&](const Removal &removal) {
               const auto unit = parseUnitId(removal.unit);
               return unit && unit->from >= 0 && same(unit->kind, unit->layer);
           });
}

} // namespace

std::vector<EntryOrder> ordersFor(const Model::State &model, const SearchStage &stage, const Plan &plan,
                                  const data::Windows *windows, const Run &run)
{
    std::vector<Place> places;
    if (!stage.order.empty())
        for (const architectures::Axis &width : model.files.blueprint.axes)
            if (isTarget(stage, width.kind) && !isSettled(plan, width))
                places.push_back({width.kind, width.layer});
    if (places.empty())
        return {};
    const scores::Chosen chosen = scores::parse(stage.order);
    const auto scoreOf = analysis::unitScores({model, windows}, chosen, places, run);
    std::vector<EntryOrder> orders;
    for (const Place &place : places)
        orders.push_back({.kind = place.kind,
                          .layer = place.layer,
                          .score = scores::written(chosen),
                          .entries = analysis::mostImportantFirst(scoreOf(place))});
    return orders;
}

RankValue rankingBy(const std::string &score, const Model::State &model, const SearchStage &stage,
                    const data::Windows *windows, const Run &run)
{
    const architectures::Blueprint &blueprint = model.files.blueprint;
    std::vector<Place> places;
    for (const architectures::Part &part : blueprint.parts)
        if (isTarget(stage, part.kind))
            places.push_back({part.kind, part.layer});
    for (const architectures::Axis &width : blueprint.axes)
        if (isTarget(stage, width.kind))
            places.push_back({width.kind, width.layer});
    const auto scoreOf = analysis::unitScores({model, windows}, scores::parse(score), places, run);
    std::map<Place, at::Tensor> all;
    for (const Place &place : places)
        all[place] = scoreOf(place).contiguous();
    return [all = std::move(all), &blueprint](const Unit &unit, const Plan &plan) {
        const double *values = all.at({unit.kind, unit.layer}).data_ptr<double>();
        if (unit.from < 0)
            return *values;
        double sum = 0;
        for (const std::int64_t entry : Inventory(blueprint, plan.orders).entries(unit))
            sum += values[entry];
        return sum;
    };
}

} // namespace ecdysis::pruning
