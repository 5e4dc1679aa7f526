// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/gradients.h"

#include <algorithm>

#include "core/evaluation/outputs.h"
#include "core/exception.h"
#include "core/layers/head.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

using architectures::Removed;
using architectures::Stream;

/// A stretch of the computation whose graph ends at its input, so that it is gone backward and freed by itself.
struct Stretch
{
    Stream input;  ///< leaves
    Stream output; ///< without residual: to be computed again when its gradient is asked for
};

/// Every tensor of a stream, the residual first.
std::vector<at::Tensor> tensorsOf(const Stream &stream)
{
    std::vector<at::Tensor> tensors{stream.residual};
    tensors.insert(tensors.end(), stream.carried.begin(), stream.carried.end());
    return tensors;
}

template <typename Change> Stream changed(const Stream &stream, const Change &change)
{
    Stream result{change(stream.residual), {}};
    for (const at::Tensor &tensor : stream.carried)
        result.carried.push_back(tensor.defined() ? change(tensor) : tensor);
    return result;
}

Stream detached(const Stream &stream)
{
    return changed(stream, [](const at::Tensor &tensor) { return tensor.detach(); });
}

/// The same values as leaves that collect gradients. A tensor that is there twice becomes two.
Stream leaves(const Stream &stream)
{
    return changed(stream, [](const at::Tensor &tensor) { return tensor.detach().requires_grad_(true); });
}

architectures::Weights leaves(const architectures::Weights &weights)
{
    architectures::Weights result;
    for (const auto &[name, weight] : weights)
        result[name] = weight.to(at::kFloat).detach().requires_grad_(true);
    return result;
}

/// A network with what is switched off in it.
struct Reduced
{
    const architectures::Network &network;
    std::span<const Removed> removed; ///< one set a layer

    int layers() const { return network.layers(); }
    Stream layer(int index, const Stream &input, const Run &run) const
    {
        return network.layer(index, input, removed.subspan(static_cast<std::size_t>(index), 1), run).front();
    }
};

/// A forward pass in stretches, one a layer.
struct Forward
{
    std::vector<Stretch> stretches;
    at::Tensor residual; ///< after the last layer, without graph
};

/// The forward pass; graphs are kept as long as they fit into `bytes`, from the last layers on.
Forward forward(const Reduced &model, const Stream &embedded, double bytes, const Run &run)
{
    const auto tokens = static_cast<double>(embedded.residual.size(0) * embedded.residual.size(1));
    int firstKept = model.layers();
    while (firstKept > 0 && (bytes -= tokens * model.network.graphBytesPerToken(firstKept - 1)) >= 0)
        --firstKept;

    Forward result;
    Stream stream = detached(embedded);
    for (int layer = 0; layer < model.layers(); ++layer) {
        Stretch stretch{leaves(stream), {}};
        const at::AutoGradMode recording(layer >= firstKept);
        const Stream output = model.layer(layer, stretch.input, run);
        stream = detached(output);
        if (layer >= firstKept)
            stretch.output = output;
        result.stretches.push_back(std::move(stretch));
    }
    result.residual = stream.residual;
    return result;
}

/// Goes back from outputs through a graph: their gradients, undefined for those nothing has read. Parameters collect
/// theirs, and so do the leaves at its start.
void backward(const std::vector<at::Tensor> &outputs, const std::vector<at::Tensor> &gradients)
{
    torch::autograd::variable_list roots;
    torch::autograd::variable_list from;
    for (std::size_t i = 0; i < outputs.size(); ++i)
        if (outputs[i].defined() && gradients[i].defined() && outputs[i].requires_grad()) {
            roots.push_back(outputs[i]);
            from.push_back(gradients[i]);
        }
    if (!roots.empty())
        torch::autograd::backward(roots, from);
}

/// The loss after a layer; empty: none.
StreamLoss lossAfter(const PassLoss &loss, int layer)
{
    const auto found = loss.layers.find(layer);
    return found == loss.layers.end() ? StreamLoss() : found->second;
}

/// Adds the gradient of a loss to that of a residual stream, a leaf; returns the loss.
double backpropagated(const StreamLoss &loss, const architectures::Network &network, const at::Tensor &residual)
{
    if (!loss)
        return 0;
    const at::Tensor value = loss(network.atTokens(residual));
    value.backward();
    return value.item<double>();
}

/// What the leaves of a stream have collected.
std::vector<at::Tensor> collected(const Stream &stream)
{
    std::vector<at::Tensor> gradients;
    for (const at::Tensor &tensor : tensorsOf(stream))
        gradients.push_back(tensor.defined() ? tensor.grad() : at::Tensor());
    return gradients;
}

} // namespace

double backpropagate(const architectures::Network &network, std::span<const Removed> removed, const at::Tensor &ids,
                     const PassLoss &loss, const Run &run, std::int64_t activationBytes)
{
    checkIds(ids, network);
    const at::AutoGradMode recording(true);
    const Reduced model{network, removed};
    ProgressMeter meter(run, "gradients", 2.0 * network.layers() + 2);

    const Stream embedded = network.embed(ids);
    auto [stretches, last] = forward(model, embedded, static_cast<double>(activationBytes), run);
    meter.advance(network.layers());

    const at::Tensor end = last.detach().requires_grad_(true);
    double value = backpropagated(loss.last, network, end);
    value += backpropagated(lossAfter(loss, network.layers() - 1), network, end);
    std::vector<at::Tensor> gradients{end.grad()};
    meter.advance(1);

    for (int layer = network.layers() - 1; layer >= 0; --layer) {
        throwIfStopped(run);
        const Stretch &stretch = stretches.back();
        const Stream output =
            stretch.output.residual.defined() ? stretch.output : model.layer(layer, stretch.input, run);
        gradients.resize(tensorsOf(output).size());
        backward(tensorsOf(output), gradients);
        value += backpropagated(lossAfter(loss, layer - 1), network, stretch.input.residual);
        gradients = collected(stretch.input);
        stretches.pop_back();
        meter.advance(1);
    }
    gradients.resize(tensorsOf(embedded).size());
    backward(tensorsOf(embedded), gradients);
    meter.advance(1);
    return value;
}

double backpropagate(const architectures::Network &network, const at::Tensor &ids, const Run &run,
                     std::int64_t activationBytes)
{
    if (ids.size(1) < 2)
        throw Exception(ErrorCode::InvalidArgument, "expected at least 2 tokens a row, found 1: nothing is predicted");
    const std::vector<Removed> nothing(static_cast<std::size_t>(network.layers()));
    const std::int64_t predicted = ids.size(1) - 1;
    const auto nextTokenLoss = [&](const at::Tensor &residual) {
        const at::Tensor hidden = network.finalNorm(residual.narrow(1, 0, predicted).flatten(0, 1));
        return layers::meanNegativeLogLikelihood(hidden, network.head(), ids.narrow(1, 1, predicted).reshape({-1}),
                                                 run);
    };
    return backpropagate(network, nothing, ids, {nextTokenLoss, {}}, run, activationBytes);
}

Gradients gradients(const Model::State &model, const at::Tensor &ids, const Run &run, std::int64_t activationBytes)
{
    useThreads(model.options);
    const at::AutoGradMode recording(true);
    const architectures::Weights parameters = leaves(model.weights);
    const auto network = buildNetwork(model.files, parameters);
    Gradients result{.loss = backpropagate(*network, ids, run, activationBytes), .parameters = {}};
    for (const auto &[name, parameter] : parameters)
        result.parameters[model.files.storedNames.at(name)] =
            parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter);
    return result;
}

void eachGradient(const Model::State &model, const at::Tensor &ids, std::span<const std::string> parameters,
                  const std::function<void(const std::string &parameter, const at::Tensor &gradient)> &visit,
                  const Run &run)
{
    useThreads(model.options);
    const at::AutoGradMode recording(true);
    const architectures::Weights weights = leaves(model.weights);
    for (const auto &[name, weight] : weights)
        weight.set_requires_grad(std::ranges::find(parameters, name) != parameters.end());
    const auto windows = static_cast<int>(ids.size(0));
    ProgressMeter meter(run, "gradients", windows, windows);
    Run quiet = run;
    quiet.progress = {};
    for (int window = 0; window < windows; ++window) {
        // Built anew: what it computes from the weights is part of the graph, which is gone once gone back through.
        const auto network = buildNetwork(model.files, weights);
        backpropagate(*network, ids.narrow(0, window, 1), quiet);
        const at::NoGradGuard visiting;
        for (const std::string &parameter : parameters) {
            throwIfStopped(run);
            const at::Tensor &weight = weights.at(parameter);
            visit(parameter, weight.grad().defined() ? weight.grad() : at::zeros_like(weight));
            weight.mutable_grad().reset();
        }
        meter.finishStep();
        meter.advance(1);
    }
}

} // namespace ecdysis::evaluation
