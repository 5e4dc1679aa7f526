// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/evaluation.h"

namespace ecdysis::evaluation {

/// Throws Exception{Mismatch} when ids exceed the vocabulary; `text` is the name for the message.
void checkIds(const at::Tensor &ids, const architectures::Network &network, const std::string &text);

/// The residual stream after the last layer, float32 (batch, time, channel), gradients not recorded.
/// `ids` int64 (batch, time); `removed` one set a layer. Throws Exception{Cancelled}.
at::Tensor forward(const architectures::Network &network, const at::Tensor &ids,
                   std::span<const architectures::Removed> removed, const Run &run);

/// The same for tokens after those that the states remember, one state a layer, which are moved on; `lengths` as in
/// Network::resume(). Throws Exception{Cancelled}.
at::Tensor resume(const architectures::Network &network, const at::Tensor &ids, const at::Tensor &lengths,
                  std::span<architectures::LayerState> states, std::span<const architectures::Removed> removed,
                  const Run &run);

/// The normalised hidden states that make the predictions which count, float32 (window · prediction, channel): of each
/// window's time - 1 predictions the last ones (`stride` of the protocol), or all. residual (window, time, channel).
at::Tensor predictingStates(const architectures::Network &network, const at::Tensor &residual,
                            const WindowProtocol &protocol);

/// Negative log-likelihood of each prediction that counts, for each window of a batch, in nats. Operands and errors as
/// windowLosses().
std::vector<std::vector<double>> predictionLosses(const architectures::Network &network, const at::Tensor &residual,
                                                  const at::Tensor &ids, const WindowProtocol &protocol,
                                                  const Run &run);

/// Mean negative log-likelihood of each window of a batch, nats per predicted token, from the residual stream after the
/// last layer: final norm, head and cross entropy for a few rows at a time, the full logits are never held.
/// residual (batch, time, channel), ids int64 (batch, time). Throws Exception{Cancelled}.
std::vector<double> windowLosses(const architectures::Network &network, const at::Tensor &residual,
                                 const at::Tensor &ids, const WindowProtocol &protocol, const Run &run);

/// Perplexity of a model under a plan. Progress counts FLOPs, steps are batches.
/// Throws Exception{Cancelled, Mismatch}.
Evaluation evaluate(const Model::State &model, const data::Windows &windows, const Plan &plan, const Run &run);

/// Called with the losses of a window's predictions, window after window.
using LossListener = std::function<void(const std::vector<double> &losses)>;

/// The same, and each prediction's loss told.
Evaluation evaluate(const Model::State &model, const data::Windows &windows, const Plan &plan,
                    const LossListener &listener, const Run &run);

} // namespace ecdysis::evaluation
