// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/search_json.h"
#include "core/values/stability.h"

/// \file
/// Stability as JSON, for reports.
namespace ecdysis {

inline void to_json(nlohmann::json &json, const Spread &spread)
{
    json = {{"mean", json_detail::number(spread.mean)}, {"deviation", json_detail::number(spread.deviation)}};
}

inline void to_json(nlohmann::json &json, const UnitStability &unit)
{
    json = {{"unit", unit.unit},
            {"draws", unit.draws},
            {"step", unit.step ? nlohmann::json(*unit.step) : nlohmann::json()},
            {"rank", unit.rank ? nlohmann::json(*unit.rank) : nlohmann::json()}};
}

inline void to_json(nlohmann::json &json, const StageStability &stage)
{
    json = {{"units", stage.units},
            {"kendall", json_detail::number(stage.kendall)},
            {"spearman", json_detail::number(stage.spearman)},
            {"overlap", json_detail::numbers(stage.overlap)}};
}

inline void to_json(nlohmann::json &json, const StabilityDraw &draw)
{
    json = {{"seeds", draw.seeds}, {"plan", draw.plan}, {"reason", draw.reason}, {"evaluations", draw.evaluations}};
}

inline void to_json(nlohmann::json &json, const Stability &stability)
{
    json = {{"settings", stability.settings},   {"draws", stability.draws},           {"stages", stability.stages},
            {"consensus", stability.consensus}, {"provenance", stability.provenance}, {"seconds", stability.seconds}};
}

} // namespace ecdysis
