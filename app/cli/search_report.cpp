// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/search_report.h"

#include <cmath>

#include <fmt/format.h>

#include "app/cli/text_table.h"
#include "core/values/search_json.h"

namespace ecdysis::cli {

namespace {

nlohmann::json candidateObject(const Candidate &candidate)
{
    return {{"unit", candidate.unit},
            {"loss", json_detail::number(candidate.losses.empty() ? NAN : mean(candidate.losses).value)},
            {"items", candidate.losses.size()},
            {"value", json_detail::number(candidate.value)},
            {"tie", candidate.ties.empty() ? nlohmann::json() : json_detail::number(mean(candidate.ties).value)}};
}

nlohmann::json stepObject(const SearchStep &step, const std::string &objective)
{
    auto candidates = nlohmann::json::array();
    for (const Candidate &candidate : step.candidates)
        candidates.push_back(candidateObject(candidate));
    const Estimate loss = mean(step.losses);
    return {{"stage", step.stage},
            {"unit", step.unit},
            {"put_back", step.putBack},
            {"calibration_" + lossName(objective), json_detail::number(loss.value)},
            {"standard_error", json_detail::number(loss.standardError)},
            {"parameters", step.parameters},
            {"bytes", step.bytes},
            {"flops_per_token", step.flopsPerToken},
            {"accuracy", step.accuracy ? json_detail::number(*step.accuracy) : nlohmann::json()},
            {"milliseconds", step.milliseconds > 0 ? nlohmann::json(step.milliseconds) : nlohmann::json()},
            {"evaluations", step.evaluations},
            {"brute_force_evaluations", step.bruteForce},
            {"candidates", candidates}};
}

double sumOf(const SearchPath &path, double SearchStep::*figure)
{
    double sum = 0;
    for (const SearchStep &step : path.steps)
        sum += step.*figure;
    return sum;
}

} // namespace

nlohmann::json searchObject(const Search &search)
{
    const SearchPath path = search.paths.empty() ? SearchPath{} : search.paths.front();
    auto steps = nlohmann::json::array();
    for (const SearchStep &step : path.steps)
        steps.push_back(stepObject(step, search.settings.objective));
    auto starts = nlohmann::json::array();
    for (const std::vector<double> &losses : path.starts)
        starts.push_back(json_detail::number(mean(losses).value));
    return {{"steps", steps},
            {"plan", planOf(search.settings, path)},
            {"reason", search.reason},
            {"starts", starts},
            {"evaluations_equivalent", sumOf(path, &SearchStep::evaluations)},
            {"brute_force_evaluations", sumOf(path, &SearchStep::bruteForce)},
            {"seconds", search.seconds},
            {"settings", search.settings},
            {"calibrations", search.calibrations},
            {"tasks_fingerprint",
             search.tasksFingerprint.empty() ? nlohmann::json() : nlohmann::json(search.tasksFingerprint)},
            {"provenance", search.provenance}};
}

std::string searchText(const Search &search)
{
    if (search.paths.empty() || search.paths.front().starts.empty() || search.paths.front().starts.front().empty())
        return "nothing measured yet\n";
    const SearchPath &path = search.paths.front();
    const std::string loss = lossName(search.settings.objective);
    std::vector<std::string> header{"step", loss, "error", "parameters", "MFLOP/token", "candidates"};
    const bool tasks = !search.settings.tasks.empty();
    if (tasks)
        header.emplace_back("accuracy");
    TextTable table(header);
    for (const SearchStep &step : path.steps) {
        std::vector<std::string> row{
            (step.putBack ? "+" : "-") + step.unit,          fmt::format("{:.4f}", mean(step.losses).value),
            margin(mean(step.losses).standardError),         grouped(step.parameters),
            fmt::format("{:.2f}", step.flopsPerToken / 1e6), std::to_string(step.candidates.size())};
        if (tasks)
            row.push_back(step.accuracy ? fmt::format("{:.4f}", *step.accuracy) : std::string("-"));
        table.addRow(row);
    }
    return fmt::format("{} before: {:.4f}\n\n{}\n{}; {:.1f} evaluations' worth of work, {} in all\n", loss,
                       mean(path.starts.front()).value, table.text(),
                       search.reason.empty() ? "not ended" : "ended by " + search.reason,
                       sumOf(path, &SearchStep::evaluations), clockTime(search.seconds));
}

} // namespace ecdysis::cli
