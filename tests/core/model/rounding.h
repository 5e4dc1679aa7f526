// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <vector>

#include "core/evaluation/perplexity.h"
#include "core/layers/linear.h"
#include "tests/core/model/model_support.h"

/// \file
/// How exact a float32 computation of a model can be.

/// The logits of a network, one forward pass.
inline at::Tensor logitsOf(const ecdysis::architectures::Network &network, const at::Tensor &ids,
                           const std::vector<ecdysis::architectures::Removed> &removed)
{
    using namespace ecdysis;
    const at::Tensor hidden = network.finalNorm(evaluation::forward(network, ids, removed, {}));
    return layers::apply(network.head(), layers::operand(hidden.flatten(0, 1), network.head()), {});
}

/// How far logits move, relative to the largest, when every weight moves by a relative noise of size 1: what rounding
/// is multiplied with. The random weights of zamba2 make attention outputs near 0, which are then normalised.
inline double amplification(const ecdysis::Model::State &model, const at::Tensor &ids)
{
    using namespace ecdysis;
    constexpr double noise = 1e-5;
    at::manual_seed(3);
    architectures::Weights moved = model.weights;
    for (const auto &[name, weight] : model.weights)
        moved[name] = weight * (1 + noise * at::randn(weight.sizes()));
    const auto network = model.files.architecture->build(model.files.config, moved);
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(network->layers()));
    return relativeError(logitsOf(*network, ids, nothing), logitsOf(*model.network, ids, nothing)) / noise;
}
