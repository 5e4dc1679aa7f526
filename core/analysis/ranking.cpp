// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/ranking.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/analysis/element_sums.h"
#include "core/exception.h"
#include "core/pruning/inventory.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::analysis {

using architectures::Axis;
using architectures::Blueprint;
using scores::Place;

namespace {

/// The width in units of `group` entries each.
void addGroups(std::vector<Unit> &units, const Axis &axis, std::int64_t group)
{
    for (std::int64_t from = 0; from < axis.size; from += group) {
        const std::int64_t to = std::min(from + group, axis.size) - 1;
        units.push_back({.id = unitId(axis.kind, axis.layer, from, to),
                         .kind = axis.kind,
                         .layer = axis.layer,
                         .from = from,
                         .to = to});
    }
}

/// The units of the asked kinds, in reading order. Throws Exception{InvalidArgument} for a kind that the model has not.
std::vector<Unit> unitsOf(const Blueprint &blueprint, const RankRequest &request)
{
    const std::set<std::string> asked(request.kinds.begin(), request.kinds.end());
    std::vector<Unit> units = pruning::Inventory(blueprint).units();
    std::erase_if(units, [](const Unit &unit) { return unit.kind == "weight"; });
    std::set<std::string> known;
    for (const Unit &unit : units)
        known.insert(unit.kind);
    for (const std::string &kind : asked)
        if (!known.contains(kind))
            throw Exception(
                ErrorCode::InvalidArgument,
                fmt::format("kinds of unit of this model expected ({}), \"{}\" found", fmt::join(known, ", "), kind));
    std::erase_if(
        units, [&](const Unit &unit) { return !asked.contains(unit.kind) || (request.group > 0 && !unit.isPart()); });
    if (request.group > 0)
        for (const Axis &axis : blueprint.axes)
            if (asked.contains(axis.kind))
                addGroups(units, axis, request.group);
    return units;
}

std::vector<Place> placesOf(std::span<const Unit> units)
{
    std::set<Place> places;
    for (const Unit &unit : units)
        places.insert({unit.kind, unit.layer});
    return {places.begin(), places.end()};
}

double scoreOf(const Unit &unit, const at::Tensor &scores)
{
    return (unit.isPart() ? scores : scores.slice(0, unit.from, unit.to + 1)).sum().item<double>();
}

} // namespace

scores::UnitScores unitScores(const scores::Subject &subject, const scores::Chosen &score,
                              std::span<const Place> places, const Run &run)
{
    scores::requireText(score, subject.windows != nullptr);
    if (score.score->units)
        return score.score->units(subject, score.settings, places, run);
    const Blueprint &blueprint = subject.model.files.blueprint;
    return sumsOfElements(blueprint,
                          score.score->elements(subject, score.settings, parametersOf(blueprint, places), run));
}

std::vector<std::int64_t> mostImportantFirst(const at::Tensor &entries)
{
    const double *scores = entries.data_ptr<double>();
    std::vector<std::int64_t> order(static_cast<std::size_t>(entries.numel()));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater<>(), [&](std::int64_t entry) { return scores[entry]; });
    return order;
}

std::vector<std::int64_t> entryOrder(const Model::State &model, const std::string &score, const std::string &kind,
                                     int layer, const data::Windows *windows, const Run &run)
{
    const Place place{kind, layer};
    return mostImportantFirst(unitScores({model, windows}, scores::parse(score), {&place, 1}, run)(place));
}

Ranking rank(const Model::State &model, const RankRequest &request, const Run &run)
{
    const at::NoGradGuard noGradients;
    const auto start = run.now();
    const scores::Chosen chosen = scores::parse(request.score);
    scores::requireText(chosen, !request.text.empty());
    const std::vector<Unit> units = unitsOf(model.files.blueprint, request);
    std::optional<data::Windows> windows;
    if (chosen.score->needsText)
        windows = data::readWindows(model.card().folder, request.text, request.protocol, run);

    const std::vector<Place> places = placesOf(units);
    const auto score = unitScores({model, windows ? &*windows : nullptr}, chosen, places, run);
    std::map<Place, at::Tensor> found;
    ProgressMeter meter(run, "rank", static_cast<double>(places.size()));
    for (const Place &place : places) {
        throwIfStopped(run);
        found[place] = score(place);
        meter.advance(1);
    }
    Ranking ranking{.score = scores::written(chosen), .units = {}, .provenance = provenance(model, run)};
    for (const Unit &unit : units)
        ranking.units.push_back({unit.id, unit.kind, unit.layer, scoreOf(unit, found.at({unit.kind, unit.layer}))});
    std::ranges::stable_sort(ranking.units, {}, &RankedUnit::score);
    if (windows)
        ranking.calibration = windows->calibration;
    ranking.seconds = std::chrono::duration<double>(run.now() - start).count();
    return ranking;
}

} // namespace ecdysis::analysis
