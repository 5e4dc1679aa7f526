// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/alternatives.h"

#include <algorithm>
#include <map>

#include "core/analysis/prefix_store.h"
#include "core/analysis/trials.h"
#include "core/torch.h"

namespace ecdysis::pruning {

namespace {

/// Indices of alternatives by layer, last layer first.
using ByLayer = std::map<int, std::vector<std::size_t>, std::greater<>>;

/// Puts the streams entering the layers up to `last` into a store.
void fill(analysis::PrefixStore &store, const AppliedPlan &base, const at::Tensor &ids, int last,
          const std::function<void(int layer)> &passed, const Run &run)
{
    architectures::Stream stream = base.network->embed(ids);
    for (int layer = 0; layer < last; ++layer) {
        const auto &removed = base.removed.at(static_cast<std::size_t>(layer));
        stream = base.network->layer(layer, stream, {&removed, 1}, run).front();
        store.offer(layer + 1, 0, stream);
        passed(layer);
    }
}

} // namespace

std::vector<Figures> measureAlternatives(const Model::State &model, const AppliedPlan &base,
                                         std::span<const Alternative> alternatives, const Objective &objective,
                                         std::size_t batch, std::int64_t prefixBytes,
                                         const std::function<void(double flops)> &worked, const Run &run)
{
    const at::NoGradGuard noGradients;
    std::vector<Figures> figures(alternatives.size());
    ByLayer byLayer;
    for (std::size_t i = 0; i < alternatives.size(); ++i)
        byLayer[alternatives[i].layer].push_back(i);
    if (byLayer.empty())
        return figures;
    const std::vector<at::Tensor> ids{objective.batches[batch]};
    const auto tokens = static_cast<double>(ids.front().numel());
    const auto passed = [&](int layer) { worked(tokens * base.layerFlops.at(static_cast<std::size_t>(layer))); };
    const int last = byLayer.begin()->first;
    analysis::PrefixStore prefixes(base, ids, last + 1,
                                   base.network->head().weight.size(1) * std::int64_t{sizeof(float)}, prefixBytes,
                                   [&](int layer, std::size_t) { passed(layer); });
    fill(prefixes, base, ids.front(), last, passed, run);
    for (const auto &[layer, members] : byLayer) {
        prefixes.release(layer + 1);
        std::vector<AppliedPlan> trials;
        for (const std::size_t member : members)
            trials.push_back(apply(model, alternatives[member].plan, base));
        const analysis::TrialListener listener{
            .passed = [&](std::size_t trial,
                          int done) { worked(tokens * trials[trial].layerFlops.at(static_cast<std::size_t>(done))); },
            .finished =
                [&](std::size_t trial, const architectures::Network &network, const at::Tensor &residual) {
                    figures[members[trial]] = objective.measure(network, batch, residual, run);
                    worked(tokens * trials[trial].headFlops * objective.passes);
                }};
        analysis::runTrials(prefixes.at(layer, 0, run), layer, trials, listener, run);
    }
    return figures;
}

Figures measurePlan(const AppliedPlan &plan, const Objective &objective, std::size_t batch,
                    const std::function<void(double flops)> &worked, const Run &run)
{
    const at::NoGradGuard noGradients;
    const at::Tensor &ids = objective.batches[batch];
    const auto tokens = static_cast<double>(ids.numel());
    Figures figures;
    const analysis::TrialListener listener{
        .passed = [&](std::size_t, int layer) { worked(tokens * plan.layerFlops.at(static_cast<std::size_t>(layer))); },
        .finished =
            [&](std::size_t, const architectures::Network &network, const at::Tensor &residual) {
                figures = objective.measure(network, batch, residual, run);
                worked(tokens * plan.headFlops * objective.passes);
            }};
    analysis::runTrials(plan.network->embed(ids), 0, {&plan, 1}, listener, run);
    return figures;
}

} // namespace ecdysis::pruning
