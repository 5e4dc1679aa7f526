// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <nlohmann/json.hpp>

#include "core/values/json.h"
#include "core/values/ranking.h"

namespace ecdysis {

inline void to_json(nlohmann::json &json, const RankedUnit &unit)
{
    json = {
        {"unit", unit.unit}, {"kind", unit.kind}, {"layer", unit.layer}, {"score", json_detail::number(unit.score)}};
}

inline void from_json(const nlohmann::json &json, RankedUnit &unit)
{
    unit = {json.at("unit"), json.at("kind"), json.at("layer"), json_detail::number(json.at("score"))};
}

inline void to_json(nlohmann::json &json, const Ranking &ranking)
{
    json = {{"score", ranking.score},
            {"ranking", ranking.units},
            {"provenance", ranking.provenance},
            {"seconds", ranking.seconds}};
    if (ranking.calibration)
        json["calibration"] = *ranking.calibration;
}

inline void from_json(const nlohmann::json &json, Ranking &ranking)
{
    json.at("score").get_to(ranking.score);
    json.at("ranking").get_to(ranking.units);
    json.at("provenance").get_to(ranking.provenance);
    json.at("seconds").get_to(ranking.seconds);
    if (json.contains("calibration"))
        ranking.calibration = json.at("calibration").get<Calibration>();
}

} // namespace ecdysis
