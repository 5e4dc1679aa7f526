// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/json.h"
#include "core/values/search.h"

/// \file
/// Searches as JSON, both ways; see json.h for how.
namespace ecdysis {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(SearchStage, targets, steps, groups, order, text, protocol)

inline void to_json(nlohmann::json &json, const SearchSettings &settings)
{
    json = {{"stages", settings.stages}, {"start", settings.start},   {"objective", settings.objective},
            {"per", settings.per},       {"bounds", settings.bounds}, {"ranking", settings.ranking},
            {"race", nlohmann::json()},  {"beam", settings.beam},     {"floating", settings.floating}};
    if (!settings.tasks.empty())
        json["tasks"] = {{"files", settings.tasks}, {"limit", settings.taskLimit}, {"max_length", settings.taskLength}};
    if (settings.race)
        json["race"] = *settings.race;
}

inline void from_json(const nlohmann::json &json, SearchSettings &settings)
{
    settings = {.stages = json.at("stages"),
                .start = json.at("start"),
                .objective = json.at("objective"),
                .per = json.at("per"),
                .bounds = json.at("bounds"),
                .ranking = json.at("ranking"),
                .beam = json.at("beam"),
                .floating = json.at("floating")};
    if (!json.at("race").is_null())
        settings.race = json.at("race").get<double>();
    if (json.contains("tasks")) {
        const nlohmann::json &tasks = json["tasks"];
        settings.tasks = tasks.at("files").get<std::vector<std::string>>();
        settings.taskLimit = tasks.at("limit");
        settings.taskLength = tasks.at("max_length");
    }
}

inline void to_json(nlohmann::json &json, const Candidate &candidate)
{
    json = {{"unit", candidate.unit},
            {"losses", json_detail::numbers(candidate.losses)},
            {"value", json_detail::number(candidate.value)}};
    if (!candidate.ties.empty())
        json["ties"] = json_detail::numbers(candidate.ties);
}

inline void from_json(const nlohmann::json &json, Candidate &candidate)
{
    candidate = {.unit = json.at("unit"),
                 .losses = json_detail::numbers(json.at("losses")),
                 .value = json_detail::number(json.at("value")),
                 .ties = json.contains("ties") ? json_detail::numbers(json["ties"]) : std::vector<double>()};
}

inline void to_json(nlohmann::json &json, const SearchStep &step)
{
    json = {{"stage", step.stage},
            {"unit", step.unit},
            {"put_back", step.putBack},
            {"losses", json_detail::numbers(step.losses)},
            {"parameters", step.parameters},
            {"bytes", step.bytes},
            {"flops_per_token", step.flopsPerToken},
            {"milliseconds", json_detail::number(step.milliseconds)},
            {"candidates", step.candidates},
            {"evaluations", json_detail::number(step.evaluations)},
            {"brute_force_evaluations", json_detail::number(step.bruteForce)}};
    if (step.accuracy)
        json["accuracy"] = json_detail::number(*step.accuracy);
}

inline void from_json(const nlohmann::json &json, SearchStep &step)
{
    step = {.stage = json.at("stage"),
            .unit = json.at("unit"),
            .putBack = json.at("put_back"),
            .losses = json_detail::numbers(json.at("losses")),
            .parameters = json.at("parameters"),
            .bytes = json.at("bytes"),
            .flopsPerToken = json.at("flops_per_token"),
            .milliseconds = json_detail::number(json.at("milliseconds")),
            .candidates = json.at("candidates"),
            .evaluations = json_detail::number(json.at("evaluations")),
            // Unknown in the first sessions.
            .bruteForce = json_detail::number(json.value("brute_force_evaluations", nlohmann::json()))};
    if (json.contains("accuracy"))
        step.accuracy = json_detail::number(json["accuracy"]);
}

inline void to_json(nlohmann::json &json, const SearchPath &path)
{
    auto starts = nlohmann::json::array();
    for (const std::vector<double> &losses : path.starts)
        starts.push_back(json_detail::numbers(losses));
    json = {{"steps", path.steps}, {"orders", path.orders}, {"starts", starts}, {"candidates", path.candidates}};
}

inline void from_json(const nlohmann::json &json, SearchPath &path)
{
    path = {.steps = json.at("steps"), .orders = json.at("orders"), .candidates = json.at("candidates")};
    for (const nlohmann::json &losses : json.at("starts"))
        path.starts.push_back(json_detail::numbers(losses));
}

inline void to_json(nlohmann::json &json, const Search &search)
{
    json = {{"settings", search.settings},     {"calibrations", search.calibrations},
            {"provenance", search.provenance}, {"paths", search.paths},
            {"reason", search.reason},         {"seconds", search.seconds}};
    if (!search.tasksFingerprint.empty())
        json["tasks_fingerprint"] = search.tasksFingerprint;
}

inline void from_json(const nlohmann::json &json, Search &search)
{
    search = {.settings = json.at("settings"),
              .calibrations = json.at("calibrations"),
              .provenance = json.at("provenance"),
              .paths = json.at("paths"),
              .reason = json.at("reason"),
              .seconds = json.at("seconds"),
              .tasksFingerprint = json.value("tasks_fingerprint", std::string())};
}

} // namespace ecdysis
