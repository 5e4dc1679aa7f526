// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/cell.h"
#include "core/values/plan.h"
#include "core/values/provenance.h"

namespace ecdysis {

/// A stretch of a search with targets and a calibration of its own.
struct SearchStage
{
    std::vector<std::string> targets;           ///< kinds of unit that compete
    int steps = 0;                              ///< removals; 0: as many as there are
    std::map<std::string, std::int64_t> groups; ///< entries of a width that go at a time, by kind
    std::string order;                          ///< score that widths are ordered by at the start; empty: as stored
    std::string text;                           ///< path of the file
    WindowProtocol protocol;

    bool operator==(const SearchStage &) const = default;
};

/// How a search goes about. Whatever is here decides its result.
struct SearchSettings
{
    std::vector<SearchStage> stages;
    Plan start;                    ///< what is gone before it begins
    std::string objective = "nll"; ///< what is measured, lower is better: "nll", "kl", "accuracy" (errors on the tasks)
    std::string per; ///< what a rise of it is divided by: "parameter", "byte", "flop", "millisecond"; empty:
                     ///< nothing
    std::map<std::string, double> bounds; ///< where to stop, by name: "parameters", "bytes", "flops", "latency"
                                          ///< (milliseconds): once at most this; "nll", "kl" where that is the
                                          ///< objective: before it is passed; "accuracy": before it falls below
    std::string ranking;        ///< score by which units go, lowest first, none measured against another; "removal" is
                                ///< their value in the first step; empty: all that are left compete in every step
    std::optional<double> race; ///< level of significance at which candidates are dropped early, by the objective
                                ///< alone; none: all are measured
    int beam = 1;               ///< plans that are followed at a time
    bool floating = false;      ///< whether removals are put back where a plan of their number gets better by it
                                ///< (Pudil et al. 1994, sequential floating selection)
    std::vector<std::string> tasks; ///< paths of zero-shot tasks, the mean accuracy on which is told after each step
    int taskLimit = 0;              ///< their first so many items; 0: all
    int taskLength = 0;             ///< of an item the last so many tokens; 0: all

    bool operator==(const SearchSettings &) const = default;
};

/// A unit that might have gone.
struct Candidate
{
    std::string unit;           ///< id
    std::vector<double> losses; ///< of the objective on each item, as far as measured: a raced one may be dropped early
    double value = 0;           ///< what candidates are compared by, lowest first
    std::vector<double> ties; ///< on each item what decides among equals; empty where the objective has no such figure

    bool operator==(const Candidate &) const = default;
};

/// A unit that went, or came back, and what was left then.
struct SearchStep
{
    int stage = 0;
    std::string unit;
    bool putBack = false;
    std::vector<double> losses;        ///< of the plan after this step, on each item
    std::int64_t parameters = 0;       ///< left
    std::int64_t bytes = 0;            ///< of them, as stored
    double flopsPerToken = 0;          ///< of a forward pass with head
    double milliseconds = 0;           ///< of a prefill of one batch, as cut; 0 where nothing asks for it
    std::vector<Candidate> candidates; ///< all of this step
    double evaluations = 0;            ///< full passes over the calibration that it cost, by FLOPs of the dense model
    double bruteForce = 0;          ///< what separate evaluations of all candidates would have cost, in the same unit
    std::optional<double> accuracy; ///< of what is left, mean over the tasks; none where there are no tasks

    bool operator==(const SearchStep &) const = default;
};

/// A plan that a search follows.
struct SearchPath
{
    std::vector<SearchStep> steps;
    std::vector<EntryOrder> orders;          ///< of widths, as the stages came to them
    std::vector<std::vector<double>> starts; ///< losses before the first step of each stage that it has come to
    std::vector<Candidate> candidates;       ///< measured so far for the step to come

    bool operator==(const SearchPath &) const = default;
};

/// A search, finished or not.
struct Search
{
    SearchSettings settings;
    std::vector<Calibration> calibrations; ///< one a stage
    Provenance provenance;
    std::vector<SearchPath> paths; ///< the best first; at least one
    std::string reason;            ///< why it ended: "steps", "candidates", a bound's name; empty: it has not
    double seconds = 0;            ///< of computation so far, over all sittings
    std::string tasksFingerprint;  ///< SHA-256 of the tasks' tokens and right choices, hexadecimal; empty: no tasks

    bool operator==(const Search &) const = default;
};

/// What the losses of an objective are called.
inline std::string lossName(const std::string &objective)
{
    return objective == "accuracy" ? "error_rate" : objective;
}

/// What a path has made of the start of its search.
inline Plan planOf(const SearchSettings &settings, const SearchPath &path)
{
    Plan plan = settings.start;
    plan.orders.insert(plan.orders.end(), path.orders.begin(), path.orders.end());
    for (const SearchStep &step : path.steps)
        if (step.putBack)
            std::erase_if(plan.removals, [&](const Removal &removal) { return removal.unit == step.unit; });
        else
            plan.removals.push_back({step.unit, {}});
    return plan;
}

} // namespace ecdysis
