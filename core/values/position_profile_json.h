// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>

#include "core/values/json.h"
#include "core/values/position_profile.h"

namespace ecdysis {

/// With the change from the dense model, of paired windows; null where there is no plan.
inline void to_json(nlohmann::json &json, const PositionLoss &position)
{
    using json_detail::number;
    const Estimate nll = mean(position.losses);
    const Estimate delta =
        position.denseLosses.empty() ? Estimate{NAN, NAN} : pairedDifference(position.losses, position.denseLosses);
    json = {{"from", position.from},        {"to", position.to},
            {"nll", number(nll.value)},     {"standard_error", number(nll.standardError)},
            {"delta", number(delta.value)}, {"delta_standard_error", number(delta.standardError)}};
}

/// The evaluation, and `positions` beside its keys.
inline void to_json(nlohmann::json &json, const PositionProfile &profile)
{
    json = profile.evaluation;
    json["positions"] = profile.positions;
}

} // namespace ecdysis
