// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/model.h"

namespace ecdysis::evaluation {

/// Memory that the recorded graphs of layers may take.
inline constexpr std::int64_t defaultActivationBytes = std::int64_t{4} << 30;

/// A loss of the residual stream at the positions of tokens: float32 (batch, time, channel) → a scalar that records its
/// gradient.
using StreamLoss = std::function<at::Tensor(const at::Tensor &residual)>;

/// The loss of a forward pass: a sum.
struct PassLoss
{
    StreamLoss last;                  ///< of the stream after the last layer
    std::map<int, StreamLoss> layers; ///< of the streams after these layers
};

/// Adds the gradients of a loss to the leaves that a network was built from with gradients enabled; returns the loss.
/// ids: int64 (batch, time); `removed` one set a layer. Graphs of layers are kept while they fit into
/// `activationBytes`; other layers are computed twice. Throws Exception{Cancelled, InvalidArgument}.
double backpropagate(const architectures::Network &network, std::span<const architectures::Removed> removed,
                     const at::Tensor &ids, const PassLoss &loss, const Run &run,
                     std::int64_t activationBytes = defaultActivationBytes);

/// The same of the mean next-token loss over all rows, nothing removed; time is at least 2.
double backpropagate(const architectures::Network &network, const at::Tensor &ids, const Run &run,
                     std::int64_t activationBytes = defaultActivationBytes);

/// Gradients of one loss.
struct Gradients
{
    double loss = 0;                              ///< mean next-token negative log-likelihood over all rows, nats
    std::map<std::string, at::Tensor> parameters; ///< float32 in the parameter's shape, by checkpoint name; a tied head
                                                  ///< is summed into the embedding and has no entry
};

/// Gradients of the mean next-token loss with respect to every parameter, in float32 arithmetic whatever the model's
/// compute type; see backpropagate(). Throws Exception{Cancelled, InvalidArgument}.
Gradients gradients(const Model::State &model, const at::Tensor &ids, const Run &run,
                    std::int64_t activationBytes = defaultActivationBytes);

/// Calls `visit` with the gradient of each of `parameters` for the mean next-token loss of each window, window after
/// window: float32 in the parameter's shape, on the model's device. ids: int64 (window, token). One gradient of every
/// parameter named is held at a time. Parameters are named as in the blueprint. Throws Exception{Cancelled,
/// InvalidArgument}.
void eachGradient(const Model::State &model, const at::Tensor &ids, std::span<const std::string> parameters,
                  const std::function<void(const std::string &parameter, const at::Tensor &gradient)> &visit,
                  const Run &run);

} // namespace ecdysis::evaluation
