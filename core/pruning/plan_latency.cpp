// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/plan_latency.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "core/device.h"
#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
#include "core/pruning/search_path.h"
#include "core/torch.h"

namespace ecdysis::pruning {

namespace {

constexpr int repeats = 5;

const architectures::Removed nothing[1] = {};

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

std::shared_ptr<const architectures::Network> cutNetwork(const Model::State &model, const Plan &plan)
{
    const Inventory inventory(model.files.blueprint, plan.orders);
    const std::vector<Unit> units = inventory.units(plan, "plan");
    inventory.check(units, "plan");
    return buildNetwork(model.files, withoutCut(maskedWeights(model, plan), inventory.cut(units)));
}

double prefillMilliseconds(const Model::State &model, const Plan &plan, const at::Tensor &ids, const Run &run)
{
    const at::NoGradGuard noGradients;
    const auto network = cutNetwork(model, plan);
    const auto pass = [&] {
        architectures::Stream stream = network->embed(ids);
        for (int layer = 0; layer < network->layers(); ++layer)
            stream = network->layer(layer, stream, nothing, run).front();
    };
    pass();
    std::vector<double> times;
    for (int i = 0; i < repeats; ++i)
        times.push_back(milliseconds(network->head().weight.device(), pass));
    return median(std::move(times));
}

double millisecondsSaved(const Model::State &model, const Plan &plan, const Unit &unit, const at::Tensor &ids,
                         const Run &run)
{
    const at::NoGradGuard noGradients;
    const auto before = cutNetwork(model, plan);
    const auto after = cutNetwork(model, with(plan, unit.id));
    architectures::Stream stream = before->embed(ids);
    for (int layer = 0; layer < unit.layer; ++layer)
        stream = before->layer(layer, stream, nothing, run).front();
    const auto time = [&](const architectures::Network &network) {
        return milliseconds(network.head().weight.device(), [&] { network.layer(unit.layer, stream, nothing, run); });
    };
    time(*before);
    time(*after);
    std::vector<double> saved;
    for (int i = 0; i < repeats; ++i)
        saved.push_back(time(*before) - time(*after));
    return median(std::move(saved));
}

} // namespace ecdysis::pruning
