// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_path.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace ecdysis::pruning {

namespace {

std::set<std::string> unitsOf(const Plan &plan)
{
    std::set<std::string> units;
    for (const Removal &removal : plan.removals)
        units.insert(removal.unit);
    return units;
}

} // namespace

Plan with(Plan plan, const std::string &unit)
{
    plan.removals.push_back({unit, {}});
    return plan;
}

Plan without(Plan plan, const std::string &unit)
{
    std::erase_if(plan.removals, [&](const Removal &removal) { return removal.unit == unit; });
    return plan;
}

std::vector<std::string> removedIn(int stage, const std::vector<SearchStep> &steps)
{
    std::vector<std::string> units;
    for (const SearchStep &step : steps)
        if (step.stage == stage && step.putBack)
            std::erase(units, step.unit);
        else if (step.stage == stage)
            units.push_back(step.unit);
    return units;
}

const std::vector<double> &lossesOf(const SearchPath &path)
{
    const int stage = static_cast<int>(path.starts.size()) - 1;
    return path.steps.empty() || path.steps.back().stage != stage ? path.starts.back() : path.steps.back().losses;
}

double bestWith(std::size_t removals, int stage, const std::vector<SearchStep> &steps)
{
    double best = std::numeric_limits<double>::infinity();
    std::size_t count = 0;
    for (const SearchStep &step : steps) {
        if (step.stage != stage)
            continue;
        count = step.putBack ? count - 1 : count + 1;
        if (count == removals)
            best = std::min(best, mean(step.losses).value);
    }
    return best;
}

double value(double after, double before, double amount)
{
    const double rise = after - before;
    return rise > 0 ? rise / amount : rise;
}

std::size_t itemsMeasured(const SearchPath &path)
{
    std::size_t items = 0;
    for (const Candidate &candidate : path.candidates)
        items = std::max(items, candidate.losses.size());
    return items;
}

std::vector<std::size_t> inRace(const std::vector<Candidate> &candidates)
{
    std::size_t most = 0;
    for (const Candidate &candidate : candidates)
        most = std::max(most, candidate.losses.size());
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        if (candidates[i].losses.size() == most)
            members.push_back(i);
    return members;
}

std::pair<double, double> rankOf(const Candidate &candidate)
{
    return rankOf(candidate.value, candidate.ties);
}

std::pair<double, double> rankOf(double value, const std::vector<double> &ties)
{
    const double tie = ties.empty() ? 0 : mean(ties).value;
    return {value, std::isnan(tie) ? std::numeric_limits<double>::infinity() : tie};
}

std::vector<Choice> bestChoices(const SearchSettings &settings, const std::vector<SearchPath> &paths, int count)
{
    std::vector<Choice> choices;
    for (std::size_t path = 0; path < paths.size(); ++path)
        for (const std::size_t candidate : inRace(paths[path].candidates))
            if (!std::isnan(paths[path].candidates[candidate].value))
                choices.push_back({path, candidate});
    std::ranges::stable_sort(
        choices, {}, [&](const Choice &choice) { return rankOf(paths[choice.path].candidates[choice.candidate]); });
    std::vector<Choice> best;
    std::set<std::set<std::string>> seen;
    for (const Choice &choice : choices) {
        const SearchPath &path = paths[choice.path];
        const Plan plan = with(planOf(settings, path), path.candidates[choice.candidate].unit);
        if (static_cast<int>(best.size()) < count && seen.insert(unitsOf(plan)).second)
            best.push_back(choice);
    }
    return best;
}

} // namespace ecdysis::pruning
