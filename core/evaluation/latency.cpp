// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/latency.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "core/device.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/layers/linear.h"
#include "core/pruning/applied_plan.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

/// A value of sorted times between two of which a fraction lies, linearly.
double quantile(const std::vector<double> &sorted, double fraction)
{
    const double place = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Milliseconds of `work` on a device over the repeats, the first run not counted.
Latency measured(c10::Device device, int repeat, double unitsOfWork, double tokens, const std::function<void()> &work)
{
    work();
    finishWork(device);
    std::vector<double> times;
    for (int i = 0; i < repeat; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        finishWork(device);
        const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
        times.push_back(taken.count() / unitsOfWork);
    }
    std::ranges::sort(times);
    const double median = quantile(times, 0.5);
    return {.median = median,
            .p10 = quantile(times, 0.1),
            .p90 = quantile(times, 0.9),
            .tokensPerSecond = median > 0 ? tokens / median * 1000 : 0};
}

/// Some ids: what they are makes no difference to the time.
at::Tensor someIds(std::int64_t batch, std::int64_t time, std::int64_t vocabulary)
{
    return at::arange(batch * time, at::kLong).mul(7919).remainder(vocabulary).view({batch, time});
}

/// One token through all layers and the head.
at::Tensor decodeStep(const architectures::Network &network, const at::Tensor &ids,
                      std::vector<architectures::LayerState> &states,
                      const std::vector<architectures::Removed> &removed, const Run &run)
{
    architectures::Stream stream = network.embedNext(ids);
    for (std::size_t layer = 0; layer < states.size(); ++layer) {
        throwIfStopped(run);
        stream = network.step(static_cast<int>(layer), stream, states[layer], removed[layer]);
    }
    const layers::Linear &head = network.head();
    const at::Tensor hidden = network.finalNorm(stream.residual).flatten(0, 1);
    return layers::apply(head, layers::operand(hidden, head), run);
}

void check(const BenchRequest &request)
{
    if (request.prefill < 0 || request.decode < 0 || request.batch < 1 || request.repeat < 1)
        throw Exception(
            ErrorCode::InvalidArgument,
            fmt::format("expected prefill and decode of at least 0, batch and repeat of at least 1, found {}, "
                        "{}, {}, {}",
                        request.prefill, request.decode, request.batch, request.repeat));
}

} // namespace

BenchReport measureLatency(const Model::State &model, const BenchRequest &request, const Plan &plan, const Run &run)
{
    check(request);
    useThreads(model.options);
    const at::NoGradGuard noGradients;
    const pruning::AppliedPlan applied = pruning::apply(model, plan);
    const architectures::Network &network = *applied.network;
    const std::vector<architectures::Removed> &removed = applied.removed;
    const std::int64_t vocabulary = network.head().weight.size(0);
    const c10::Device device = network.head().weight.device();
    BenchReport report;
    if (request.prefill > 0) {
        const at::Tensor ids = someIds(request.batch, request.prefill, vocabulary);
        report.prefill = measured(device, request.repeat, 1, static_cast<double>(ids.numel()),
                                  [&] { forward(network, ids, removed, run); });
    }
    if (request.decode > 0) {
        const at::Tensor ids = someIds(request.batch, 1, vocabulary);
        std::vector<architectures::LayerState> states = network.begin(request.batch, removed, run);
        report.decode = measured(device, request.repeat, request.decode, request.batch, [&] {
            for (int token = 0; token < request.decode; ++token)
                decodeStep(network, ids, states, removed, run);
        });
    }
    report.peakMemoryBytes = peakMemory(device);
    report.device = deviceTitle(device);
    return report;
}

} // namespace ecdysis::evaluation
