// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/trials.h"

#include <algorithm>
#include <vector>

#include <ATen/core/grad_mode.h>

namespace ecdysis::analysis {

namespace {

/// Indices of trials by the network they run in.
std::vector<std::vector<std::size_t>> byNetwork(std::span<const pruning::AppliedPlan> trials)
{
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const auto group = std::ranges::find_if(
            groups, [&](const auto &other) { return trials[other.front()].network == trials[i].network; });
        if (group == groups.end())
            groups.push_back({i});
        else
            group->push_back(i);
    }
    return groups;
}

} // namespace

void runTrials(const architectures::Stream &entering, int layer, std::span<const pruning::AppliedPlan> trials,
               const TrialListener &listener, const Run &run)
{
    const at::NoGradGuard noGradients;
    for (const auto &group : byNetwork(trials)) {
        const architectures::Network &network = *trials[group.front()].network;
        std::vector<architectures::Removed> variants;
        for (const std::size_t trial : group)
            variants.push_back(trials[trial].removed.at(static_cast<std::size_t>(layer)));
        std::vector<architectures::Stream> streams = network.layer(layer, entering, variants, run);
        for (std::size_t i = 0; i < group.size(); ++i) {
            architectures::Stream stream = std::move(streams[i]);
            streams[i] = {};
            listener.passed(group[i], layer);
            for (int next = layer + 1; next < network.layers(); ++next) {
                const auto &removed = trials[group[i]].removed.at(static_cast<std::size_t>(next));
                stream = network.layer(next, stream, {&removed, 1}, run).front();
                listener.passed(group[i], next);
            }
            listener.finished(group[i], network, network.atTokens(stream.residual));
        }
    }
}

} // namespace ecdysis::analysis
