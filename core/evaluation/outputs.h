// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model.h"

namespace ecdysis::evaluation {

/// Everything a forward pass shows, for comparing with another implementation.
struct Outputs
{
    at::Tensor logits;              ///< float32 (batch, time, vocabulary)
    std::vector<at::Tensor> hidden; ///< float32 (batch, time, channel): the layers + 1 states that transformers reports
                                    ///< of the architecture (see architectures::HiddenStates)
    double loss = 0;                ///< mean next-token negative log-likelihood over all rows, nats; NaN for one token
};

/// Throws Exception{InvalidArgument} where a token id is outside a network's vocabulary.
void checkIds(const at::Tensor &ids, const architectures::Network &network);

/// ids: int64 (batch, time). Throws Exception{Cancelled, InvalidArgument (ids outside the vocabulary), Mismatch}.
Outputs outputs(const Model::State &model, const at::Tensor &ids, const Plan &plan, const Run &run);

} // namespace ecdysis::evaluation
