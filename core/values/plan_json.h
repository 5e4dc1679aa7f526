// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/values/plan.h"

/// \file
/// A plan as JSON, both ways: what is empty is left out, but for the removals. Reading throws
/// nlohmann::json::exception.
namespace ecdysis {

/// A removal without a reason is its unit's id alone, as people write it by hand.
inline void to_json(nlohmann::json &json, const Removal &removal)
{
    json = removal.reason.empty() ? nlohmann::json(removal.unit)
                                  : nlohmann::json{{"unit", removal.unit}, {"reason", removal.reason}};
}

inline void from_json(const nlohmann::json &json, Removal &removal)
{
    removal = json.is_string() ? Removal{json.get<std::string>(), {}}
                               : Removal{json.at("unit"), json.value("reason", std::string())};
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EntryOrder, kind, layer, score, entries)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sparsity, score, scope, amount, calibration)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CompanionFile, file, sha256)

inline void to_json(nlohmann::json &json, const Plan &plan)
{
    json = {{"removals", plan.removals}};
    if (!plan.orders.empty())
        json["orders"] = plan.orders;
    if (!plan.sparsity.empty())
        json["sparsity"] = plan.sparsity;
    if (plan.masks)
        json["masks"] = *plan.masks;
    if (plan.weights)
        json["weights"] = *plan.weights;
}

inline void from_json(const nlohmann::json &json, Plan &plan)
{
    plan = {.removals = json.at("removals"),
            .orders = json.value("orders", std::vector<EntryOrder>()),
            .sparsity = json.value("sparsity", std::vector<Sparsity>()),
            .masks = {}};
    if (json.contains("masks"))
        plan.masks = json.at("masks").get<CompanionFile>();
    if (json.contains("weights"))
        plan.weights = json.at("weights").get<CompanionFile>();
}

} // namespace ecdysis
