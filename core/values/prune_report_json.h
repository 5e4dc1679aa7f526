// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include "core/values/json.h"
#include "core/values/prune_report.h"

/// \file
/// What pruning came to, as JSON: `sparsity` is of the weights that competed, `sparsity_of_model` of all parameters.
namespace ecdysis {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ComponentSparsity, name, weights, removed, mean)

inline void to_json(nlohmann::json &json, const PruneReport &report)
{
    const auto fraction = [&](std::int64_t of) {
        return static_cast<double>(report.removed) / static_cast<double>(of);
    };
    auto byComponent = nlohmann::json::object();
    for (const ComponentSparsity &component : report.components)
        byComponent[component.name] = component.mean;
    json = {{"sparsity", fraction(report.prunable)}, {"sparsity_of_model", fraction(report.parameters)},
            {"prunable", report.prunable},           {"removed", report.removed},
            {"parameters", report.parameters},       {"by_component", byComponent},
            {"components", report.components},       {"plan", report.plan},
            {"provenance", report.provenance},       {"seconds", report.seconds}};
    if (report.calibration)
        json["calibration"] = *report.calibration;
}

inline void from_json(const nlohmann::json &json, PruneReport &report)
{
    json.at("prunable").get_to(report.prunable);
    json.at("removed").get_to(report.removed);
    json.at("parameters").get_to(report.parameters);
    json.at("components").get_to(report.components);
    json.at("plan").get_to(report.plan);
    json.at("provenance").get_to(report.provenance);
    json.at("seconds").get_to(report.seconds);
    if (json.contains("calibration"))
        report.calibration = json.at("calibration").get<Calibration>();
}

} // namespace ecdysis
