// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "core/layers/linear.h"
#include "core/values/run.h"

namespace ecdysis::layers {

/// Negative log-likelihood of each target under softmax(head(hidden)), float32 logits of a few rows at a time.
/// hidden (rows, channel) float32, head (vocabulary, channel) without bias, targets int64 (rows).
std::vector<double> negativeLogLikelihood(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                          const Run &run);

/// What softmax(head(hidden)) says of a target.
struct Prediction
{
    double negativeLogLikelihood = 0;
    bool likeliest = false; ///< no class is likelier
};

/// The same for each target, and whether it is the likeliest class.
std::vector<Prediction> predictions(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                    const Run &run);

/// Kullback-Leibler divergence, nats, of softmax(head(other)) from softmax(head(hidden)) for each row, logits of a few
/// rows at a time. Both (rows, channel) float32; head as above. Gradients are not recorded.
std::vector<double> divergence(const at::Tensor &hidden, const at::Tensor &other, const Linear &head, const Run &run);

/// Mean negative log-likelihood as a scalar that records its gradients, which are computed in the same pass; float32.
at::Tensor meanNegativeLogLikelihood(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                     const Run &run);

} // namespace ecdysis::layers
