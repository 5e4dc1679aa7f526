// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/observation.h"

#include <algorithm>

#include "core/evaluation/perplexity.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

void observe(const Model::State &model, const data::Windows &windows, layers::Observers observers, const Run &run)
{
    const at::NoGradGuard noGradients;
    architectures::Weights weights = model.weights;
    weights.observers = std::make_shared<const layers::Observers>(std::move(observers));
    const auto network = model.files.architecture->build(model.files.config, weights);
    checkIds(windows.ids, *network, windows.calibration.text);
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(network->layers()));
    const auto batches = data::batches(windows);
    ProgressMeter meter(run, "statistics", static_cast<double>(batches.size()), static_cast<int>(batches.size()));
    for (const at::Tensor &ids : batches) {
        forward(*network, ids, nothing, run);
        meter.finishStep();
        meter.advance(1);
    }
}

const architectures::Parameter *logAOf(const architectures::Blueprint &blueprint, int layer)
{
    const auto found = std::ranges::find_if(blueprint.parameters, [&](const architectures::Parameter &parameter) {
        return parameter.name.find(".A_log") != std::string::npos && std::ranges::count(parameter.layers, layer) > 0;
    });
    return found == blueprint.parameters.end() ? nullptr : &*found;
}

} // namespace ecdysis::evaluation
