// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/greedy_search.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/pruning/alternatives.h"
#include "core/pruning/candidates.h"
#include "core/pruning/inventory.h"
#include "core/pruning/plan_latency.h"
#include "core/pruning/plan_size.h"
#include "core/pruning/race.h"
#include "core/pruning/search_bounds.h"
#include "core/pruning/search_cost.h"
#include "core/pruning/search_path.h"
#include "core/pruning/search_scores.h"
#include "core/pruning/search_settings.h"
#include "core/pruning/task_objective.h"

namespace ecdysis::pruning {

namespace {

/// A race judges twice as often.
std::int64_t tokensAtOnce(const SearchSettings &settings)
{
    return settings.race ? data::tokensOfBatch / 2 : data::tokensOfBatch;
}

void append(Figures &figures, const Figures &more)
{
    figures.losses.insert(figures.losses.end(), more.losses.begin(), more.losses.end());
    figures.ties.insert(figures.ties.end(), more.ties.begin(), more.ties.end());
}

/// A search at work.
class Searching
{
public:
    Searching(const Model::State &model, const SearchMaterial &material, std::int64_t prefixBytes, Search &search,
              const SearchGrowth &grown, const Run &run)
        : m_model(model), m_material(material), m_prefixBytes(prefixBytes), m_search(search),
          m_settings(search.settings), m_grown(grown), m_run(run), m_start(run.now()), m_secondsBefore(search.seconds),
          m_inventory(model.files.blueprint), m_meter(run, "search", flopsToCome(model.files, material, search))
    {
    }

    void goOn();

private:
    int stageIndex() const { return static_cast<int>(m_search.paths.front().starts.size()) - 1; }
    const SearchStage &stage() const { return m_settings.stages[static_cast<std::size_t>(stageIndex())]; }

    void enterStage();
    bool enterNextStage();
    bool hasCandidates();
    void floatBack(SearchPath &path);
    void keepNextOfRanking(SearchPath &path) const;

    void measureCandidates(SearchPath &path);
    void dropLosers(const SearchPath &path, std::vector<std::size_t> &racing) const;
    void valueCandidates(SearchPath &path);
    double saved(const Plan &plan, const Unit &unit);

    void takeStep();
    SearchStep described(SearchStep step, const Plan &plan);
    double accuracy(const SearchStep &step, const Plan &plan);

    std::vector<double> losses(const Plan &plan, const Objective &objective);
    void keep();

    const Model::State &m_model;
    const SearchMaterial &m_material;
    const std::int64_t m_prefixBytes;
    Search &m_search;
    const SearchSettings &m_settings;
    const SearchGrowth &m_grown;
    const Run &m_run;
    const Run::Clock::time_point m_start;
    const double m_secondsBefore;
    const Inventory m_inventory;
    ProgressMeter m_meter;
    Objective m_objective;             ///< of the present stage
    RankValue m_ranking;               ///< of the present stage, where a score says what goes
    std::optional<Objective> m_errors; ///< on the tasks, where something else is the objective
    const std::function<void(double)> m_worked = [this](double flops) { m_meter.advance(flops); };
};

void Searching::goOn()
{
    if (m_search.paths.empty())
        m_search.paths.emplace_back();
    if (m_search.paths.front().starts.empty())
        m_search.paths.front().starts.emplace_back();
    if (m_material.tasks && m_settings.objective != byErrors)
        m_errors = taskErrors(m_model, nullptr, &*m_material.tasks, data::tokensOfBatch, m_run);
    enterStage();
    while (m_search.reason.empty()) {
        if (m_settings.floating)
            floatBack(m_search.paths.front());
        if (!m_search.paths.front().steps.empty())
            m_search.reason = boundReached(m_settings, m_search.paths.front().steps.back());
        if (!m_search.reason.empty())
            break;
        if (!hasCandidates()) {
            if (!enterNextStage())
                break;
            continue;
        }
        for (SearchPath &path : m_search.paths) {
            measureCandidates(path);
            valueCandidates(path);
        }
        takeStep();
        keep();
    }
    keep();
}

/// Makes ready for the stage that the paths have come to.
void Searching::enterStage()
{
    const data::Windows *windows = m_material.windowsOf(static_cast<std::size_t>(stageIndex()));
    if (windows)
        evaluation::checkIds(windows->ids, *m_model.network, windows->calibration.text);
    m_objective =
        objectiveNamed(m_settings.objective)
            .make(m_model, windows, m_material.tasks ? &*m_material.tasks : nullptr, tokensAtOnce(m_settings), m_run);
    if (!m_settings.ranking.empty() && m_settings.ranking != byRemoval)
        m_ranking = rankingBy(m_settings.ranking, m_model, stage(), windows, m_run);
    for (SearchPath &path : m_search.paths) {
        if (!path.starts.back().empty())
            continue;
        std::ranges::copy(ordersFor(m_model, stage(), planOf(m_settings, path), windows, m_run),
                          std::back_inserter(path.orders));
        path.starts.back() = losses(planOf(m_settings, path), m_objective);
    }
    keep();
}

bool Searching::enterNextStage()
{
    const auto next = static_cast<std::size_t>(stageIndex()) + 1;
    if (next == m_settings.stages.size()) {
        m_search.reason = stage().steps > 0 && removedIn(stageIndex(), m_search.paths.front().steps).size() >=
                                                   static_cast<std::size_t>(stage().steps)
                              ? "steps"
                              : "candidates";
        return false;
    }
    for (SearchPath &path : m_search.paths)
        path.starts.emplace_back();
    enterStage();
    return true;
}

/// Lists what may go next; false when the stage has taken its steps or nothing may.
bool Searching::hasCandidates()
{
    const auto taken = removedIn(stageIndex(), m_search.paths.front().steps).size();
    if (stage().steps > 0 && taken >= static_cast<std::size_t>(stage().steps))
        return false;
    bool any = false;
    for (SearchPath &path : m_search.paths) {
        if (path.candidates.empty()) {
            for (const Unit &unit : candidates(m_model.files, stage(), planOf(m_settings, path)))
                path.candidates.push_back({.unit = unit.id, .losses = {}});
            keepNextOfRanking(path);
        }
        any = any || !path.candidates.empty();
    }
    return any;
}

/// Of all candidates the one that a ranking puts first; all of them where there is no ranking (yet).
void Searching::keepNextOfRanking(SearchPath &path) const
{
    const auto first = std::ranges::find(path.steps, stageIndex(), &SearchStep::stage);
    const bool measured = m_settings.ranking == byRemoval && first != path.steps.end();
    if (path.candidates.empty() || (!m_ranking && !measured))
        return;
    const Plan plan = planOf(m_settings, path);
    const auto rank = [&](const Candidate &candidate) -> std::pair<double, double> {
        if (!measured)
            return {m_ranking(m_inventory.unit(candidate.unit, "search"), plan), 0};
        // What was no candidate then, such as the next group of a width, comes last.
        const auto known = std::ranges::find(first->candidates, candidate.unit, &Candidate::unit);
        return known == first->candidates.end() ? std::pair{std::numeric_limits<double>::infinity(), 0.0}
                                                : rankOf(*known);
    };
    path.candidates = {*std::ranges::min_element(path.candidates, {}, rank)};
}

/// As long as the plan without the latest removal but one of the earlier ones is better than any of its size has been.
void Searching::floatBack(SearchPath &path)
{
    while (path.candidates.empty()) {
        std::vector<std::string> units = removedIn(stageIndex(), path.steps);
        if (units.size() < 3)
            return;
        units.pop_back();
        const Plan plan = planOf(m_settings, path);
        std::vector<Alternative> alternatives;
        for (const std::string &unit : units)
            alternatives.push_back({without(plan, unit), m_inventory.unit(unit, "search").layer});
        const AppliedPlan base = apply(m_model, plan);
        std::vector<Figures> all(units.size());
        for (std::size_t batch = 0; batch < m_objective.batches.size(); ++batch) {
            const auto figures =
                measureAlternatives(m_model, base, alternatives, m_objective, batch, m_prefixBytes, m_worked, m_run);
            for (std::size_t i = 0; i < all.size(); ++i)
                append(all[i], figures[i]);
        }
        const auto best = std::ranges::min_element(
            all, {}, [](const Figures &figures) { return rankOf(mean(figures.losses).value, figures.ties); });
        if (!(mean(best->losses).value < bestWith(units.size(), stageIndex(), path.steps)))
            return;
        const auto index = static_cast<std::size_t>(best - all.begin());
        SearchStep step = described(
            {.stage = stageIndex(), .unit = units[index], .putBack = true, .losses = best->losses, .candidates = {}},
            alternatives[index].plan);
        if (fallsBelowAccuracy(m_settings, step))
            return;
        path.steps.push_back(std::move(step));
        keep();
    }
}

void Searching::measureCandidates(SearchPath &path)
{
    const Plan plan = planOf(m_settings, path);
    const AppliedPlan base = apply(m_model, plan);
    std::size_t measured = itemsMeasured(path);
    for (std::size_t batch = 0, first = 0; batch < m_objective.batches.size(); ++batch) {
        first += m_objective.items[batch];
        if (first <= measured)
            continue;
        std::vector<std::size_t> racing = inRace(path.candidates);
        dropLosers(path, racing);
        std::vector<Alternative> alternatives;
        for (const std::size_t candidate : racing) {
            const std::string &unit = path.candidates[candidate].unit;
            alternatives.push_back({with(plan, unit), m_inventory.unit(unit, "search").layer});
        }
        const auto figures =
            measureAlternatives(m_model, base, alternatives, m_objective, batch, m_prefixBytes, m_worked, m_run);
        for (std::size_t i = 0; i < racing.size(); ++i) {
            Candidate &candidate = path.candidates[racing[i]];
            std::ranges::copy(figures[i].losses, std::back_inserter(candidate.losses));
            std::ranges::copy(figures[i].ties, std::back_inserter(candidate.ties));
        }
        keep();
    }
}

void Searching::dropLosers(const SearchPath &path, std::vector<std::size_t> &racing) const
{
    if (!m_settings.race || itemsMeasured(path) < 2)
        return;
    std::vector<std::vector<double>> losses;
    for (const std::size_t candidate : racing)
        losses.push_back(path.candidates[candidate].losses);
    const std::vector<bool> stays = stayInRace(losses, m_objective.itemCount(), *m_settings.race);
    std::size_t index = 0;
    std::erase_if(racing, [&](std::size_t) { return !stays[index++]; });
}

double Searching::saved(const Plan &plan, const Unit &unit)
{
    if (m_settings.per == "millisecond")
        return millisecondsSaved(m_model, plan, unit, m_objective.batches.front(), m_run);
    const PlanSize before = sizeOf(m_model.files, plan), after = sizeOf(m_model.files, with(plan, unit.id));
    const std::map<std::string, double> sizes = {
        {"parameter", static_cast<double>(before.parameters - after.parameters)},
        {"byte", static_cast<double>(before.bytes - after.bytes)},
        {"flop", before.flopsPerToken - after.flopsPerToken}};
    return sizes.at(m_settings.per);
}

void Searching::valueCandidates(SearchPath &path)
{
    const Plan plan = planOf(m_settings, path);
    const std::vector<double> &before = lossesOf(path);
    for (Candidate &candidate : path.candidates) {
        const double after = mean(candidate.losses).value;
        // A candidate that left the race is compared with what there was on the same items.
        const std::vector<double> same(before.begin(),
                                       before.begin() + static_cast<std::ptrdiff_t>(candidate.losses.size()));
        candidate.value = m_settings.per.empty()
                              ? after
                              : value(after, mean(same).value, saved(plan, m_inventory.unit(candidate.unit, "search")));
    }
}

void Searching::takeStep()
{
    const auto choices = bestChoices(m_settings, m_search.paths, m_settings.beam);
    if (choices.empty()) {
        m_search.reason = "candidates";
        return;
    }
    std::vector<SearchPath> next;
    std::string bound; // that the best of them has come to
    for (const Choice &choice : choices) {
        const SearchPath &path = m_search.paths[choice.path];
        const Candidate &candidate = path.candidates[choice.candidate];
        if (exceedsLoss(m_settings, mean(candidate.losses).value)) {
            bound = bound.empty() ? m_settings.objective : bound;
            continue;
        }
        const StepCost cost = costOf(m_model.files, m_settings, path, m_objective.itemCount(), m_objective.passes);
        SearchStep step = described({.stage = stageIndex(),
                                     .unit = candidate.unit,
                                     .losses = candidate.losses,
                                     .candidates = path.candidates,
                                     .evaluations = cost.evaluations,
                                     .bruteForce = cost.bruteForce},
                                    with(planOf(m_settings, path), candidate.unit));
        if (fallsBelowAccuracy(m_settings, step)) {
            bound = bound.empty() ? "accuracy" : bound;
            continue;
        }
        next.push_back(path);
        next.back().candidates.clear();
        next.back().steps.push_back(std::move(step));
    }
    if (next.empty()) {
        m_search.reason = bound;
        return;
    }
    m_search.paths = std::move(next);
}

SearchStep Searching::described(SearchStep step, const Plan &plan)
{
    const PlanSize size = sizeOf(m_model.files, plan);
    step.parameters = size.parameters;
    step.bytes = size.bytes;
    step.flopsPerToken = size.flopsPerToken;
    if (m_settings.bounds.contains("latency"))
        step.milliseconds = prefillMilliseconds(m_model, plan, m_objective.batches.front(), m_run);
    if (m_material.tasks)
        step.accuracy = accuracy(step, plan);
    return step;
}

/// The mean accuracy over the tasks.
double Searching::accuracy(const SearchStep &step, const Plan &plan)
{
    return 1 - mean(m_errors ? losses(plan, *m_errors) : step.losses).value;
}

std::vector<double> Searching::losses(const Plan &plan, const Objective &objective)
{
    const AppliedPlan applied = apply(m_model, plan);
    std::vector<double> all;
    for (std::size_t batch = 0; batch < objective.batches.size(); ++batch)
        std::ranges::copy(measurePlan(applied, objective, batch, m_worked, m_run).losses, std::back_inserter(all));
    return all;
}

void Searching::keep()
{
    m_search.seconds = m_secondsBefore + std::chrono::duration<double>(m_run.now() - m_start).count();
    m_grown(m_search);
}

} // namespace

void search(const Model::State &model, const SearchMaterial &material, std::int64_t prefixBytes, Search &search,
            const SearchGrowth &grown, const Run &run)
{
    if (search.reason.empty())
        Searching(model, material, prefixBytes, search, grown, run).goOn();
}

} // namespace ecdysis::pruning
