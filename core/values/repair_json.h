// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include "core/values/json.h"
#include "core/values/repair.h"

/// \file
/// What a repair came to, as JSON, both ways.
namespace ecdysis {

inline void to_json(nlohmann::json &json, const RepairedWeight &weight)
{
    json = {{"weight", weight.weight},
            {"layer", weight.layer},
            {"method", weight.method},
            {"error_before", json_detail::number(weight.before)},
            {"error_after", json_detail::number(weight.after)}};
}

inline void from_json(const nlohmann::json &json, RepairedWeight &weight)
{
    weight = {.weight = json.at("weight"),
              .layer = json.at("layer"),
              .method = json.at("method"),
              .before = json_detail::number(json.at("error_before")),
              .after = json_detail::number(json.at("error_after"))};
}

inline void to_json(nlohmann::json &json, const RepairReport &report)
{
    json = {{"nll_dense", json_detail::number(report.denseNll)},
            {"nll_before", json_detail::number(report.nllBefore)},
            {"nll_after", json_detail::number(report.nllAfter)},
            {"weights", report.weights},
            {"plan", report.plan},
            {"calibration", report.calibration},
            {"provenance", report.provenance},
            {"seconds", report.seconds}};
}

inline void from_json(const nlohmann::json &json, RepairReport &report)
{
    report = {.denseNll = json_detail::number(json.at("nll_dense")),
              .nllBefore = json_detail::number(json.at("nll_before")),
              .nllAfter = json_detail::number(json.at("nll_after")),
              .weights = json.at("weights"),
              .plan = json.at("plan"),
              .calibration = json.at("calibration"),
              .provenance = json.at("provenance"),
              .seconds = json.at("seconds")};
}

} // namespace ecdysis
