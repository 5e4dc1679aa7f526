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
#include "core/pruning/cut_plan.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

using States = std::vector<architectures::LayerState>;
using Work = std::function<void()>;
using Times = std::vector<double>; ///< milliseconds, in the order of the runs

/// A value of sorted times between two of which a fraction lies, linearly.
double quantile(const std::vector<double> &sorted, double fraction)
{
    const double place = fraction * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Runs each of `works` once to warm up, then all of them in turn, `repeat` times; the times of each.
std::vector<Times> timed(c10::Device device, int repeat, const std::vector<Work> &works)
{
    for (const Work &work : works)
        work();
    finishWork(device);
    std::vector<Times> times(works.size());
    for (int i = 0; i < repeat; ++i)
        for (std::size_t which = 0; which < works.size(); ++which) {
            const auto start = std::chrono::steady_clock::now();
            works[which]();
            finishWork(device);
            const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
            times[which].push_back(taken.count());
        }
    return times;
}

/// Of runs that each do so many units of work, which are so many tokens each.
Latency latencyOf(Times times, double unitsOfWork, double tokens)
{
    std::ranges::sort(times);
    const auto at = [&](double fraction) { return quantile(times, fraction) / unitsOfWork; };
    const double median = at(0.5);
    return {
        .median = median, .p10 = at(0.1), .p90 = at(0.9), .tokensPerSecond = median > 0 ? tokens / median * 1000 : 0};
}

/// Of neighbouring runs.
Speedup speedupOf(const Times &measured, const Times &dense)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < measured.size(); ++i)
        ratios.push_back(dense[i] / measured[i]);
    std::ranges::sort(ratios);
    return {.median = quantile(ratios, 0.5), .p10 = quantile(ratios, 0.1), .p90 = quantile(ratios, 0.9)};
}

/// Some ids: what they are makes no difference to the time.
at::Tensor someIds(std::int64_t batch, std::int64_t time, const architectures::Network &network)
{
    const std::int64_t vocabulary = network.head().weight.size(0);
    return at::arange(batch * time, at::kLong).mul(7919).remainder(vocabulary).view({batch, time});
}

/// One token through all layers and the head.
at::Tensor decodeStep(const architectures::Network &network, const at::Tensor &ids, States &states,
                      const std::vector<architectures::Removed> &removed, const Run &run)
{
    const at::Tensor residual = resume(network, ids, {}, states, removed, run);
    const layers::Linear &head = network.head();
    const at::Tensor hidden = network.finalNorm(residual).flatten(0, 1);
    return layers::apply(head, layers::operand(hidden, head), run);
}

Work prefillOf(const pruning::AppliedPlan &model, const BenchRequest &request, const Run &run)
{
    const at::Tensor ids = someIds(request.batch, request.prefill, *model.network);
    return [&model, &run, ids] { forward(*model.network, ids, model.removed, run); };
}

/// `decode` tokens a run behind those of the prefill, each run going on from the one before.
Work decodeOf(const pruning::AppliedPlan &model, const BenchRequest &request, const Run &run)
{
    const at::Tensor ids = someIds(request.batch, 1, *model.network);
    const auto states = std::make_shared<States>(model.network->begin(request.batch, model.removed, run));
    if (request.prefill > 0)
        resume(*model.network, someIds(request.batch, request.prefill, *model.network), {}, *states, model.removed,
               run);
    return [&model, &run, ids, states, tokens = request.decode] {
        for (int token = 0; token < tokens; ++token)
            decodeStep(*model.network, ids, *states, model.removed, run);
    };
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

/// Times of several models run in turn, one list each; empty where a part is left out.
struct Measurement
{
    std::vector<Times> prefill, decode;
};

Measurement measure(const std::vector<pruning::AppliedPlan> &models, const BenchRequest &request, const Run &run)
{
    const at::NoGradGuard noGradients;
    const c10::Device device = models.front().network->head().weight.device();
    const auto worksOf = [&](Work (*make)(const pruning::AppliedPlan &, const BenchRequest &, const Run &)) {
        std::vector<Work> works;
        for (const pruning::AppliedPlan &model : models)
            works.push_back(make(model, request, run));
        return works;
    };
    Measurement measurement;
    if (request.prefill > 0)
        measurement.prefill = timed(device, request.repeat, worksOf(prefillOf));
    if (request.decode > 0)
        measurement.decode = timed(device, request.repeat, worksOf(decodeOf));
    return measurement;
}

/// The report of one of the models.
BenchReport reportOf(const Measurement &measurement, std::size_t which, const BenchRequest &request, c10::Device device)
{
    BenchReport report{
        .prefill = {}, .decode = {}, .peakMemoryBytes = peakMemory(device), .device = deviceTitle(device)};
    if (!measurement.prefill.empty())
        report.prefill = latencyOf(measurement.prefill[which], 1, static_cast<double>(request.batch) * request.prefill);
    if (!measurement.decode.empty())
        report.decode = latencyOf(measurement.decode[which], request.decode, request.batch);
    return report;
}

std::int64_t bytesOf(const at::Tensor &tensor)
{
    return tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
}

/// Of one position: the tensor has room for more.
std::int64_t bytesOfPosition(const at::Tensor &cache)
{
    return cache.defined() ? bytesOf(cache) / cache.size(2) : 0;
}

} // namespace

BenchReport measureLatency(const Model::State &model, const BenchRequest &request, const Plan &plan, const Run &run)
{
    check(request);
    useThreads(model.options);
    const std::vector<pruning::AppliedPlan> models{pruning::cutOut(model, plan)};
    return reportOf(measure(models, request, run), 0, request, model.network->head().weight.device());
}

LatencyComparison compareLatency(const Model::State &model, const BenchRequest &request, const Plan &plan,
                                 const Run &run)
{
    check(request);
    useThreads(model.options);
    const std::vector<pruning::AppliedPlan> models{pruning::cutOut(model, plan), pruning::apply(model, {})};
    const Measurement measurement = measure(models, request, run);
    const c10::Device device = model.network->head().weight.device();
    LatencyComparison comparison{.measured = reportOf(measurement, 0, request, device),
                                 .dense = reportOf(measurement, 1, request, device),
                                 .prefill = {},
                                 .decode = {}};
    if (!measurement.prefill.empty())
        comparison.prefill = speedupOf(measurement.prefill[0], measurement.prefill[1]);
    if (!measurement.decode.empty())
        comparison.decode = speedupOf(measurement.decode[0], measurement.decode[1]);
    return comparison;
}

StateMemory stateMemory(const Model::State &model, int batch, int context, const Plan &plan, const Run &run)
{
    if (batch < 1 || context < 0)
        throw Exception(
            ErrorCode::InvalidArgument,
            fmt::format("expected a batch of at least 1 and a context of at least 0, found {} and {}", batch, context));
    useThreads(model.options);
    const at::NoGradGuard noGradients;
    const pruning::AppliedPlan applied = pruning::cutOut(model, plan);
    States states = applied.network->begin(batch, applied.removed, run);
    decodeStep(*applied.network, someIds(batch, 1, *applied.network), states, applied.removed, run);
    StateMemory memory{.context = context};
    for (const architectures::LayerState &state : states) {
        memory.stateBytes += bytesOf(state.convolution) + bytesOf(state.ssm);
        // One of the positions is that of the step.
        memory.cacheBytes +=
            (bytesOfPosition(state.keys) + bytesOfPosition(state.values)) * (state.length - 1 + context);
    }
    return memory;
}

} // namespace ecdysis::evaluation
