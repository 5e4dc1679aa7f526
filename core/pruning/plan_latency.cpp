// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/plan_latency.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "core/device.h"
#include "core/evaluation/perplexity.h"
#include "core/pruning/cut_plan.h"
#include "core/pruning/search_path.h"
#include "core/torch.h"

namespace ecdysis::pruning {

namespace {

constexpr int repeats = 5;

double milliseconds(c10::Device device, const std::function<void()> &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    finishWork(device);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

} // namespace

double prefillMilliseconds(const Model::State &model, const Plan &plan, const at::Tensor &ids, const Run &run)
{
    const at::NoGradGuard noGradients;
    const AppliedPlan cut = cutOut(model, plan);
    const auto pass = [&] { evaluation::forward(*cut.network, ids, cut.removed, run); };
    pass();
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i)
        times.push_back(milliseconds(cut.network->head().weight.device(), pass));
    return median(std::move(times));
}

double millisecondsSaved(const Model::State &model, const Plan &plan, const Unit &unit, const at::Tensor &ids,
                         const Run &run)
{
    const at::NoGradGuard noGradients;
    const AppliedPlan before = cutOut(model, plan), after = cutOut(model, with(plan, unit.id));
    const auto layer = [&](const AppliedPlan &cut, int index, const architectures::Stream &entering) {
        return cut.network->layer(index, entering, {&cut.removed.at(static_cast<std::size_t>(index)), 1}, run).front();
    };
    architectures::Stream stream = before.network->embed(ids);
    for (int index = 0; index < unit.layer; ++index)
        stream = layer(before, index, stream);
    const auto time = [&](const AppliedPlan &cut) {
        return milliseconds(cut.network->head().weight.device(), [&] { layer(cut, unit.layer, stream); });
    };
    time(before);
    time(after);
    std::vector<double> saved;
    for (int i = 0; i < repeats; ++i)
        saved.push_back(time(before) - time(after));
    return median(std::move(saved));
}

} // namespace ecdysis::pruning
