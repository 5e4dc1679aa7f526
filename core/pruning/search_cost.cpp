// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_cost.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/pruning/candidates.h"
#include "core/pruning/inventory.h"
#include "core/pruning/search_objective.h"
#include "core/pruning/search_path.h"

namespace ecdysis::pruning {

namespace {

double sumFrom(const std::vector<double> &layers, int first, double head)
{
    return std::accumulate(layers.begin() + first, layers.end(), head);
}

struct Measured
{
    std::size_t items = 0;
    int layer = 0;
};

/// Of the layers before the last one that has a candidate in the race, summed over items.
double prefixFlops(const std::vector<double> &layers, std::vector<Measured> measured)
{
    std::ranges::sort(measured, std::greater(), &Measured::items);
    double flops = 0;
    int last = 0;
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const std::size_t next = i + 1 < measured.size() ? measured[i + 1].items : 0;
        last = std::max(last, measured[i].layer);
        flops +=
            static_cast<double>(measured[i].items - next) * std::accumulate(layers.begin(), layers.begin() + last, 0.0);
    }
    return flops;
}

/// Of one stage, for each token of its windows.
double flopsOfStage(const ModelFiles &files, const SearchStage &stage, const Plan &plan, double taken)
{
    const Inventory inventory(files.blueprint);
    const std::vector<double> layers = inventory.layerFlops();
    const std::vector<Unit> units = candidates(files, stage, plan);
    double once = 0;
    for (const Unit &unit : units)
        once += sumFrom(layers, unit.layer, inventory.headFlops());
    const auto count = static_cast<double>(units.size());
    const double steps = stage.steps > 0 ? std::max(0.0, stage.steps - taken) : count;
    // Each step leaves one candidate less.
    return once * steps * std::max(0.5, 1 - steps / (2 * std::max(1.0, count)));
}

double tokensOf(const SearchMaterial &material, const SearchSettings &settings, std::size_t stage)
{
    if (objectiveNamed(settings.objective).ofTasks)
        return static_cast<double>(material.tasks->tokenCount());
    return static_cast<double>(material.windows[stage]->ids.numel());
}

} // namespace

StepCost costOf(const ModelFiles &files, const SearchSettings &settings, const SearchPath &path, std::size_t items,
                double passes)
{
    const Plan plan = planOf(settings, path);
    const Inventory inventory(files.blueprint, plan.orders);
    const double head = inventory.headFlops() * passes,
                 whole = sumFrom(inventory.layerFlops(), 0, inventory.headFlops());
    const auto shareOf = [items](std::size_t measured) {
        return static_cast<double>(measured) / static_cast<double>(items);
    };
    StepCost cost;
    std::vector<Measured> measured;
    for (const Candidate &candidate : path.candidates) {
        const int layer = inventory.unit(candidate.unit, "search").layer;
        const std::vector<double> layers = inventory.layerFlops(inventory.units(with(plan, candidate.unit), "search"));
        cost.evaluations += sumFrom(layers, layer, head) * shareOf(candidate.losses.size()) / whole;
        cost.bruteForce += sumFrom(layers, 0, head) / whole;
        measured.push_back({candidate.losses.size(), layer});
    }
    const std::vector<double> base = inventory.layerFlops(inventory.units(plan, "search"));
    cost.evaluations += prefixFlops(base, std::move(measured)) / static_cast<double>(items) / whole;
    return cost;
}

double flopsToCome(const ModelFiles &files, const SearchMaterial &material, const Search &search)
{
    const SearchPath path = search.paths.empty() ? SearchPath{} : search.paths.front();
    const Plan plan = planOf(search.settings, path);
    double flops = 0;
    for (std::size_t stage = path.starts.empty() ? 0 : path.starts.size() - 1; stage < material.windows.size();
         ++stage) {
        const auto taken = static_cast<double>(removedIn(static_cast<int>(stage), path.steps).size());
        flops += flopsOfStage(files, search.settings.stages[stage], plan, taken) *
                 tokensOf(material, search.settings, stage);
    }
    return flops * search.settings.beam * (search.settings.race ? 0.5 : 1);
}

} // namespace ecdysis::pruning
