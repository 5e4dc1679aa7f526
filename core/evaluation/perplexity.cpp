// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/perplexity.h"

#include <cmath>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/layers/head.h"
#include "core/pruning/applied_plan.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

/// The part of a window that predicts tokens which count.
struct Predictions
{
    std::int64_t first = 0;
    std::int64_t count = 0;
};

Predictions predictions(std::int64_t window, const WindowProtocol &protocol)
{
    const std::int64_t all = window - 1;
    const std::int64_t count = protocol.stride > 0 ? std::min<std::int64_t>(protocol.stride, all) : all;
    return {all - count, count};
}

Evaluation summary(const data::Windows &windows, std::vector<double> losses)
{
    Evaluation result{.calibration = windows.calibration, .losses = std::move(losses)};
    result.nll = mean(result.losses);
    result.perplexity = std::exp(result.nll.value);
    result.tokens = windows.ids.numel();
    return result;
}

} // namespace

void checkIds(const at::Tensor &ids, const architectures::Network &network, const std::string &text)
{
    const std::int64_t largest = ids.max().item<std::int64_t>();
    const std::int64_t vocabulary = network.head().weight.size(0);
    if (largest >= vocabulary)
        throw Exception(ErrorCode::Mismatch,
                        fmt::format("expected token ids below the vocabulary's {}, found {}: the tokenizer is not that "
                                    "of the model",
                                    vocabulary, largest),
                        text);
}

at::Tensor forward(const architectures::Network &network, const at::Tensor &ids,
                   std::span<const architectures::Removed> removed, const Run &run)
{
    const at::NoGradGuard noGradients;
    architectures::Stream stream = network.embed(ids);
    for (int layer = 0; layer < network.layers(); ++layer)
        stream = network.layer(layer, stream, removed.subspan(static_cast<std::size_t>(layer), 1), run).front();
    return network.atTokens(stream.residual);
}

at::Tensor predictingStates(const architectures::Network &network, const at::Tensor &residual,
                            const WindowProtocol &protocol)
{
    const Predictions part = predictions(residual.size(1), protocol);
    return network.finalNorm(residual.narrow(1, part.first, part.count).flatten(0, 1));
}

at::Tensor resume(const architectures::Network &network, const at::Tensor &ids, const at::Tensor &lengths,
                  std::span<architectures::LayerState> states, std::span<const architectures::Removed> removed,
                  const Run &run)
{
    const at::NoGradGuard noGradients;
    architectures::Stream stream = network.embedNext(ids);
    for (std::size_t layer = 0; layer < states.size(); ++layer)
        stream = network.resume(static_cast<int>(layer), stream, lengths, states[layer], removed[layer], run);
    return stream.residual;
}

std::vector<std::vector<double>> predictionLosses(const architectures::Network &network, const at::Tensor &residual,
                                                  const at::Tensor &ids, const WindowProtocol &protocol, const Run &run)
{
    const at::NoGradGuard noGradients;
    const Predictions part = predictions(ids.size(1), protocol);
    const at::Tensor hidden = predictingStates(network, residual, protocol);
    const at::Tensor targets = ids.narrow(1, part.first + 1, part.count).reshape({-1});
    const std::vector<double> all = layers::negativeLogLikelihood(hidden, network.head(), targets, run);
    std::vector<std::vector<double>> losses;
    for (auto window = all.begin(); window != all.end(); window += part.count)
        losses.emplace_back(window, window + part.count);
    return losses;
}

std::vector<double> windowLosses(const architectures::Network &network, const at::Tensor &residual,
                                 const at::Tensor &ids, const WindowProtocol &protocol, const Run &run)
{
    std::vector<double> losses;
    for (const std::vector<double> &window : predictionLosses(network, residual, ids, protocol, run))
        losses.push_back(mean(window).value);
    return losses;
}

Evaluation evaluate(const Model::State &model, const data::Windows &windows, const Plan &plan, const Run &run)
{
    return evaluate(
        model, windows, plan, [](const std::vector<double> &) {}, run);
}

Evaluation evaluate(const Model::State &model, const data::Windows &windows, const Plan &plan,
                    const LossListener &listener, const Run &run)
{
    const at::NoGradGuard noGradients;
    useThreads(model.options);
    const pruning::AppliedPlan applied = pruning::apply(model, plan);
    const architectures::Network &network = *applied.network;
    checkIds(windows.ids, network, windows.calibration.text);

    const auto batches = data::batches(windows);
    Provenance circumstances = provenance(model, run);
    const auto start = run.now();
    ProgressMeter meter(run, "evaluate", applied.flopsPerToken() * static_cast<double>(windows.ids.numel()),
                        static_cast<int>(batches.size()));
    std::vector<double> losses;
    for (const at::Tensor &ids : batches) {
        const auto tokens = static_cast<double>(ids.numel());
        architectures::Stream stream = network.embed(ids);
        for (int layer = 0; layer < network.layers(); ++layer) {
            const auto index = static_cast<std::size_t>(layer);
            stream = network.layer(layer, stream, std::span(applied.removed).subspan(index, 1), run).front();
            meter.advance(tokens * applied.layerFlops[index]);
        }
        const at::Tensor residual = network.atTokens(stream.residual);
        for (const auto &window : predictionLosses(network, residual, ids, windows.calibration.protocol, run)) {
            listener(window);
            losses.push_back(mean(window).value);
        }
        meter.finishStep();
        meter.advance(tokens * applied.headFlops);
    }
    Evaluation result = summary(windows, std::move(losses));
    result.seconds = std::chrono::duration<double>(run.now() - start).count();
    result.tokensPerSecond = result.seconds > 0 ? static_cast<double>(result.tokens) / result.seconds : 0;
    result.provenance = std::move(circumstances);
    result.planFingerprint = pruning::fingerprint(plan);
    return result;
}

} // namespace ecdysis::evaluation
