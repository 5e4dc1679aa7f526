// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/gradients.h"

#include <limits>

#include "core/evaluation/outputs.h"
#include "core/exception.h"
#include "core/layers/head.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

const architectures::Removed nothing[1] = {};

/// A stretch of the computation whose graph ends at its input, so that it is gone backward and freed by itself.
struct Stretch
{
    at::Tensor input;  ///< a leaf
    at::Tensor output; ///< undefined: to be computed again when its gradient is asked for
};

architectures::Weights leaves(const architectures::Weights &weights)
{
    architectures::Weights result;
    for (const auto &[name, weight] : weights)
        result[name] = weight.to(at::kFloat).detach().requires_grad_(true);
    return result;
}

at::Tensor layerOutput(const architectures::Network &network, int layer, const at::Tensor &input, const Run &run)
{
    return network.layer(layer, input, nothing, run).front();
}

/// The forward pass; graphs are kept as long as they fit into `bytes`, from the last layers on.
std::vector<Stretch> forwardStretches(const architectures::Network &network, const at::Tensor &embedded, double bytes,
                                      const Run &run)
{
    const auto tokens = static_cast<double>(embedded.size(0) * embedded.size(1));
    int firstKept = network.layers();
    while (firstKept > 0 && (bytes -= tokens * network.graphBytesPerToken(firstKept - 1)) >= 0)
        --firstKept;

    std::vector<Stretch> stretches;
    at::Tensor residual = embedded;
    for (int layer = 0; layer < network.layers(); ++layer) {
        Stretch stretch{residual.detach().requires_grad_(true), {}};
        const at::AutoGradMode recording(layer >= firstKept);
        const at::Tensor output = layerOutput(network, layer, stretch.input, run);
        residual = output.detach();
        if (layer >= firstKept)
            stretch.output = output;
        stretches.push_back(std::move(stretch));
    }
    stretches.push_back({residual.requires_grad_(true), {}});
    return stretches;
}

/// Goes back through one stretch; returns the gradient of its input. Parameters collect theirs.
at::Tensor backward(const Stretch &stretch, const at::Tensor &output, const at::Tensor &gradient)
{
    output.backward(gradient);
    return stretch.input.grad();
}

} // namespace

double backpropagate(const architectures::Network &network, const at::Tensor &ids, const Run &run,
                     std::int64_t activationBytes)
{
    if (ids.size(1) < 2)
        throw Exception(ErrorCode::InvalidArgument, "expected at least 2 tokens a row, found 1: nothing is predicted");
    checkIds(ids, network);
    const at::AutoGradMode recording(true);
    ProgressMeter meter(run, "gradients", 2.0 * network.layers() + 2);

    const at::Tensor embedded = network.embed(ids);
    std::vector<Stretch> stretches =
        forwardStretches(network, embedded.detach(), static_cast<double>(activationBytes), run);
    meter.advance(network.layers());

    const std::int64_t predicted = ids.size(1) - 1;
    const at::Tensor hidden = network.finalNorm(stretches.back().input.narrow(1, 0, predicted).flatten(0, 1));
    const at::Tensor loss =
        layers::meanNegativeLogLikelihood(hidden, network.head(), ids.narrow(1, 1, predicted).reshape({-1}), run);
    at::Tensor gradient = backward(stretches.back(), loss, {});
    stretches.pop_back();
    meter.advance(1);

    for (int layer = network.layers() - 1; layer >= 0; --layer) {
        throwIfStopped(run);
        const Stretch &stretch = stretches.back();
        gradient = backward(stretch,
                            stretch.output.defined() ? stretch.output : layerOutput(network, layer, stretch.input, run),
                            gradient);
        stretches.pop_back();
        meter.advance(1);
    }
    embedded.backward(gradient);
    meter.advance(1);
    return loss.item<double>();
}

Gradients gradients(const Model::State &model, const at::Tensor &ids, const Run &run, std::int64_t activationBytes)
{
    useThreads(model.options);
    const at::AutoGradMode recording(true);
    const architectures::Weights parameters = leaves(model.weights);
    const auto network = model.files.architecture->build(model.files.config, parameters);
    Gradients result{.loss = backpropagate(*network, ids, run, activationBytes), .parameters = {}};
    for (const auto &[name, parameter] : parameters)
        result.parameters[model.files.storedNames.at(name)] =
            parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter);
    return result;
}

} // namespace ecdysis::evaluation
