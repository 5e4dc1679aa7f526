// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_settings.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/pruning/candidates.h"
#include "core/pruning/search_objective.h"
#include "core/scores/score.h"

namespace ecdysis::pruning {

namespace {

const std::vector<std::string> amounts = {"parameter", "byte", "flop", "millisecond"};
const std::vector<std::string> sizeBounds = {"parameters", "bytes", "flops", "latency"};

[[noreturn]] void refuse(const std::string &expected, const std::string &found)
{
    throw Exception(ErrorCode::InvalidArgument, fmt::format("{} expected, {} found", expected, found), "search");
}

void checkTasks(const SearchSettings &settings)
{
    if (settings.tasks.empty() && objectiveNamed(settings.objective).ofTasks)
        refuse(fmt::format("tasks to measure {} on", settings.objective), "none");
    if (settings.taskLimit < 0 || settings.taskLength < 0)
        refuse("a limit and a length of at least 0", fmt::format("{} and {}", settings.taskLimit, settings.taskLength));
}

} // namespace

void checkSettings(const ModelFiles &files, const SearchSettings &settings)
{
    if (settings.stages.empty())
        refuse("at least one stage", "none");
    for (const SearchStage &stage : settings.stages) {
        if (stage.steps < 0)
            refuse("a number of steps, 0 for as many as there are,", std::to_string(stage.steps));
        for (const auto &[kind, group] : stage.groups)
            if (group < 1)
                refuse(fmt::format("a group of at least 1 entry of {}", kind), std::to_string(group));
        if (!stage.order.empty())
            scores::parse(stage.order);
        candidates(files, stage, settings.start);
        if (stage.text.empty() && !objectiveNamed(settings.objective).ofTasks)
            refuse(fmt::format("a text to measure {} on", settings.objective), "none");
    }
    checkTasks(settings);
    if (!settings.per.empty() && std::ranges::count(amounts, settings.per) == 0)
        refuse(fmt::format("something to divide by ({})", fmt::join(amounts, ", ")), settings.per);
    std::vector<std::string> bounds = sizeBounds;
    bounds.push_back(settings.objective);
    if (!settings.tasks.empty() && settings.objective != byErrors)
        bounds.emplace_back(byErrors);
    for (const auto &[name, bound] : settings.bounds)
        if (std::ranges::count(bounds, name) == 0)
            refuse(fmt::format("a bound ({})", fmt::join(bounds, ", ")), name);
    if (settings.race && (*settings.race <= 0 || *settings.race >= 0.5))
        refuse("a level of significance above 0 and below 0.5", fmt::format("{}", *settings.race));
    if (!settings.ranking.empty() && settings.ranking != byRemoval)
        scores::parse(settings.ranking);
    if (!settings.ranking.empty() && (settings.beam > 1 || settings.floating))
        refuse("neither a beam nor floating beside a ranking", "both");
    if (settings.race && objectiveNamed(settings.objective).ofTasks)
        refuse("a race by the losses of windows", "items of tasks, which come sorted by task and length,");
    if (settings.race && (settings.beam > 1 || !settings.per.empty()))
        refuse("a race for the lowest loss of one plan", settings.beam > 1 ? "a beam" : "--per " + settings.per);
    if (settings.beam < 1)
        refuse("a beam of at least 1 plan", std::to_string(settings.beam));
    if (settings.beam > 1 && (!settings.per.empty() || settings.floating))
        refuse("a beam of 1 plan where a rise is divided or removals are put back", std::to_string(settings.beam));
}

} // namespace ecdysis::pruning
