// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/stability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/pruning/agreement.h"
#include "core/pruning/candidates.h"
#include "core/pruning/search_path.h"

namespace ecdysis::pruning {

namespace {

/// What one draw says of a stage.
struct StageOfDraw
{
    std::vector<SearchStep> steps;
    std::vector<std::string> removed;        ///< in their order
    std::map<std::string, double> firstRank; ///< of the candidates of its first step
};

/// What candidates of a first step are ranked by: the rise of their loss on the items that each was measured on, since
/// those of a race differ in these; or what it was divided to.
std::pair<double, double> keyOf(const Candidate &candidate, const std::vector<double> &start, bool divided)
{
    if (divided || candidate.losses.empty())
        return rankOf(candidate);
    const std::vector<double> before(start.begin(),
                                     start.begin() + static_cast<std::ptrdiff_t>(candidate.losses.size()));
    return rankOf(pairedDifference(candidate.losses, before).value, candidate.ties);
}

StageOfDraw stageOf(const Search &search, int stage)
{
    const SearchPath &path = search.paths.front();
    StageOfDraw result{.steps = {}, .removed = removedIn(stage, path.steps), .firstRank = {}};
    std::ranges::copy_if(path.steps, std::back_inserter(result.steps),
                         [stage](const SearchStep &step) { return step.stage == stage; });
    if (result.steps.empty())
        return result;
    const std::vector<Candidate> &candidates = result.steps.front().candidates;
    std::vector<std::pair<double, double>> keys;
    for (const Candidate &candidate : candidates)
        keys.push_back(keyOf(candidate, path.starts[static_cast<std::size_t>(stage)], !search.settings.per.empty()));
    const std::vector<double> ranks = ranksOf(keys);
    for (std::size_t i = 0; i < candidates.size(); ++i)
        result.firstRank[candidates[i].unit] = ranks[i];
    return result;
}

std::optional<Spread> spreadOf(const std::vector<double> &values)
{
    if (values.empty())
        return {};
    const Estimate estimate = mean(values);
    return Spread{estimate.value, estimate.standardError * std::sqrt(static_cast<double>(values.size()))};
}

/// Every unit that was a candidate of a first step or went, as the first draw comes upon them.
std::vector<std::string> unitsOf(const std::vector<StageOfDraw> &draws)
{
    std::vector<std::string> units;
    const auto add = [&](const std::string &unit) {
        if (std::ranges::count(units, unit) == 0)
            units.push_back(unit);
    };
    for (const StageOfDraw &draw : draws) {
        if (!draw.steps.empty())
            for (const Candidate &candidate : draw.steps.front().candidates)
                add(candidate.unit);
        for (const std::string &unit : draw.removed)
            add(unit);
    }
    return units;
}

UnitStability unitStability(const std::string &unit, const std::vector<StageOfDraw> &draws)
{
    std::vector<double> steps, ranks;
    for (const StageOfDraw &draw : draws) {
        if (const auto found = std::ranges::find(draw.removed, unit); found != draw.removed.end())
            steps.push_back(static_cast<double>(found - draw.removed.begin()) + 1);
        if (const auto found = draw.firstRank.find(unit); found != draw.firstRank.end())
            ranks.push_back(found->second);
    }
    return {.unit = unit, .draws = static_cast<int>(steps.size()), .step = spreadOf(steps), .rank = spreadOf(ranks)};
}

bool comesBefore(const UnitStability &one, const UnitStability &other)
{
    const auto place = [](const std::optional<Spread> &spread) {
        return spread ? spread->mean : std::numeric_limits<double>::infinity();
    };
    return std::tuple(-one.draws, place(one.step), place(one.rank)) <
           std::tuple(-other.draws, place(other.step), place(other.rank));
}

/// The mean of a figure over all pairs of draws that have it.
template <typename Figure> double overPairs(const std::vector<StageOfDraw> &draws, const Figure &figure)
{
    std::vector<double> values;
    for (std::size_t i = 0; i < draws.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (const double value = figure(draws[i], draws[j]); !std::isnan(value))
                values.push_back(value);
    return mean(values).value;
}

/// A measure of how alike two draws rank the candidates that both have.
template <typename Measure> auto ofRanks(const Measure &measure)
{
    return [&measure](const StageOfDraw &one, const StageOfDraw &other) {
        std::vector<std::pair<double, double>> ranks, otherRanks;
        for (const auto &[unit, rank] : one.firstRank)
            if (const auto found = other.firstRank.find(unit); found != other.firstRank.end()) {
                ranks.emplace_back(rank, 0);
                otherRanks.emplace_back(found->second, 0);
            }
        return measure(ranksOf(ranks), ranksOf(otherRanks));
    };
}

std::set<std::string> goneAfter(const StageOfDraw &draw, std::size_t steps)
{
    const std::vector<SearchStep> first(draw.steps.begin(), draw.steps.begin() + static_cast<std::ptrdiff_t>(steps));
    const auto units = first.empty() ? std::vector<std::string>() : removedIn(first.front().stage, first);
    return {units.begin(), units.end()};
}

StageStability stageStability(const std::vector<StageOfDraw> &draws)
{
    StageStability result;
    for (const std::string &unit : unitsOf(draws))
        result.units.push_back(unitStability(unit, draws));
    std::ranges::stable_sort(result.units, comesBefore);
    result.kendall = overPairs(draws, ofRanks(kendall));
    result.spearman = overPairs(draws, ofRanks(correlation));
    std::size_t common = draws.front().steps.size();
    for (const StageOfDraw &draw : draws)
        common = std::min(common, draw.steps.size());
    for (std::size_t steps = 1; steps <= common; ++steps)
        result.overlap.push_back(overPairs(draws, [steps](const StageOfDraw &one, const StageOfDraw &other) {
            return overlap(goneAfter(one, steps), goneAfter(other, steps));
        }));
    return result;
}

/// How many units went in the median draw; the smaller number of two.
std::size_t usualCount(const std::vector<StageOfDraw> &draws)
{
    std::vector<std::size_t> counts;
    for (const StageOfDraw &draw : draws)
        counts.push_back(draw.removed.size());
    std::ranges::sort(counts);
    return counts[(counts.size() - 1) / 2];
}

/// Takes `count` units of a stage from a plan, in the order of the consensus, each once it may go.
void takeUsual(Plan &plan, const ModelFiles &files, const SearchStage &stage, const StageStability &usual,
               std::size_t count)
{
    for (std::size_t step = 0; step < count; ++step) {
        const std::vector<Unit> offered = candidates(files, stage, plan);
        const auto next = std::ranges::find_if(usual.units, [&](const UnitStability &unit) {
            return unit.draws > 0 && std::ranges::count(offered, unit.unit, &Unit::id) > 0;
        });
        if (next == usual.units.end())
            return;
        plan = with(plan, next->unit);
    }
}

StabilityDraw drawOf(const Search &search)
{
    StabilityDraw draw{.seeds = {}, .plan = planOf(search.settings, search.paths.front()), .reason = search.reason};
    for (const SearchStage &stage : search.settings.stages)
        draw.seeds.push_back(stage.protocol.draw.value_or(0));
    for (const SearchStep &step : search.paths.front().steps)
        draw.evaluations += step.evaluations;
    return draw;
}

} // namespace

SearchSettings settingsOfDraw(SearchSettings settings, int draw)
{
    const std::uint64_t first = static_cast<std::uint64_t>(draw) * settings.stages.size();
    for (SearchStage &stage : settings.stages)
        stage.protocol.draw = stage.protocol.draw.value_or(0) + first;
    return settings;
}

void checkDraws(const SearchSettings &settings, int draws)
{
    const auto refuse = [](const std::string &expected, const std::string &found) {
        throw Exception(ErrorCode::InvalidArgument, fmt::format("{} expected, {} found", expected, found), "stability");
    };
    if (draws < 2)
        refuse("at least 2 draws", std::to_string(draws));
    for (const SearchStage &stage : settings.stages)
        if (stage.text.empty())
            refuse("a text to draw windows from", "none");
}

Run runOfDraw(const Run &run, int draw, int draws)
{
    Run own = run;
    if (!run.progress)
        return own;
    own.progress = [&run, draw, draws](const Progress &progress) {
        const double share = progress.total > 0 ? std::min(1.0, progress.done / progress.total) : 0;
        Progress all = progress;
        all.stage = fmt::format("{}, draw {} of {}", progress.stage, draw + 1, draws);
        all.done = draw + share;
        all.total = draws;
        if (all.remaining)
            *all.remaining += all.elapsed / std::max(share, 1e-9) * (draws - draw - 1);
        run.progress(all);
    };
    return own;
}

Stability stabilityOf(const ModelFiles &files, const std::vector<Search> &searches)
{
    const Search &first = searches.front();
    Stability result{.settings = first.settings, .draws = {}, .stages = {}, .consensus = first.settings.start};
    result.provenance = first.provenance;
    std::ranges::copy(first.paths.front().orders, std::back_inserter(result.consensus.orders));
    for (const Search &search : searches) {
        result.draws.push_back(drawOf(search));
        result.seconds += search.seconds;
    }
    for (std::size_t stage = 0; stage < first.settings.stages.size(); ++stage) {
        std::vector<StageOfDraw> draws;
        for (const Search &search : searches)
            draws.push_back(stageOf(search, static_cast<int>(stage)));
        result.stages.push_back(stageStability(draws));
        takeUsual(result.consensus, files, first.settings.stages[stage], result.stages.back(), usualCount(draws));
    }
    return result;
}

} // namespace ecdysis::pruning
