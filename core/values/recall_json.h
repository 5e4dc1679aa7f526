// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/values/json.h"
#include "core/values/recall.h"

namespace ecdysis {

inline void to_json(nlohmann::json &json, const RecallScores &scores)
{
    using json_detail::number;
    const Estimate accuracy = mean(scores.accuracy), nll = mean(scores.nll), gain = mean(scores.gain);
    json = {{"accuracy", number(accuracy.value)}, {"standard_error", number(accuracy.standardError)},
            {"nll", number(nll.value)},           {"nll_standard_error", number(nll.standardError)},
            {"gain", number(gain.value)},         {"gain_standard_error", number(gain.standardError)}};
}

/// The scores' keys beside `distance`, `pairs` and, with a plan, `dense` and the paired changes of loss and gain.
inline void to_json(nlohmann::json &json, const RecallPoint &point)
{
    json = point.scores;
    json["distance"] = point.distance;
    json["pairs"] = point.pairs;
    json["examples"] = point.scores.nll.size();
    if (point.dense.nll.empty())
        return;
    json["dense"] = point.dense;
    json["delta"] = pairedDifference(point.scores.nll, point.dense.nll);
    json["gain_delta"] = pairedDifference(point.scores.gain, point.dense.gain);
}

inline void to_json(nlohmann::json &json, const RecallReport &report)
{
    const double chance = 1.0 / report.words;
    json = {{"task", report.request.task},
            {"seed", report.request.seed},
            {"words", report.words},
            {"chance", {{"accuracy", chance}, {"nll", -std::log(chance)}}},
            {"points", report.points},
            {"provenance", report.provenance},
            {"plan_fingerprint", report.planFingerprint}};
}

} // namespace ecdysis
