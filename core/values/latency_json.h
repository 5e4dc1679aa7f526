// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/json.h"
#include "core/values/latency.h"

namespace ecdysis {

inline void to_json(nlohmann::json &json, const StateMemory &memory)
{
    json = {{"context", memory.context}, {"state_bytes", memory.stateBytes}, {"key_value_bytes", memory.cacheBytes}};
}

inline void to_json(nlohmann::json &json, const Speedup &speedup)
{
    json = {{"median", speedup.median}, {"p10", speedup.p10}, {"p90", speedup.p90}};
}

/// The plan's report, and `dense` and `speedup` beside its keys.
inline void to_json(nlohmann::json &json, const LatencyComparison &comparison)
{
    json = comparison.measured;
    json["dense"] = comparison.dense;
    json["speedup"] = {{"prefill", comparison.prefill}, {"decode", comparison.decode}};
}

} // namespace ecdysis
