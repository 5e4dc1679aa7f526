// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/position_losses.h"

#include <algorithm>

#include "core/evaluation/perplexity.h"

namespace ecdysis::evaluation {

namespace {

/// The ranges that have predictions which count: powers of two, cut at both ends.
std::vector<PositionLoss> ranges(const WindowProtocol &protocol)
{
    const int first = protocol.stride > 0 ? protocol.window - protocol.stride : 1;
    std::vector<PositionLoss> result;
    for (int from = 1; from < protocol.window; from *= 2)
        if (const int to = std::min(2 * from, protocol.window) - 1; to >= first)
            result.push_back({.from = std::max(from, first), .to = to, .losses = {}, .denseLosses = {}});
    return result;
}

/// Adds the means of a window, whose last prediction has all other tokens before it.
void add(std::vector<PositionLoss> &positions, std::vector<double> PositionLoss::*into,
         const std::vector<double> &losses)
{
    const int first = positions.back().to + 1 - static_cast<int>(losses.size());
    for (PositionLoss &position : positions)
        (position.*into)
            .push_back(
                mean({losses.begin() + (position.from - first), losses.begin() + (position.to + 1 - first)}).value);
}

} // namespace

PositionProfile evaluateByPosition(const Model::State &model, const data::Windows &windows, const Plan &plan,
                                   const Run &run)
{
    PositionProfile profile{.evaluation = {}, .positions = ranges(windows.calibration.protocol)};
    const auto listener = [&](std::vector<double> PositionLoss::*into) {
        return [&profile, into](const std::vector<double> &losses) { add(profile.positions, into, losses); };
    };
    profile.evaluation = evaluate(model, windows, plan, listener(&PositionLoss::losses), run);
    if (plan != Plan{})
        evaluate(model, windows, {}, listener(&PositionLoss::denseLosses), run);
    return profile;
}

} // namespace ecdysis::evaluation
