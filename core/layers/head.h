// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
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

/// What the logits (rows, vocabulary) of some of all rows cost, `first` being the first of these rows: the sum of their
/// losses. The gradient of that sum takes the place of the logits.
using LogitLoss = std::function<double(at::Tensor &logits, std::int64_t first)>;

/// Mean over all rows of a loss of their logits, as a scalar that records its gradients, which are computed in the same
/// pass: logits are there for a few rows at a time. hidden (rows, channel) float32, head as above.
at::Tensor meanOfLogitLoss(const at::Tensor &hidden, const Linear &head, const LogitLoss &loss, const Run &run);

/// The negative log-likelihood of targets int64 (rows) as such a loss.
LogitLoss likelihoodLoss(const at::Tensor &targets);

/// T² · KL(softmax(teacher / T) ‖ softmax(logits / T)) as such a loss (Hinton et al., arXiv 1503.02531), T being the
/// temperature; the teacher's logits follow from its hidden states (rows, channel) and head, some rows at a time.
LogitLoss divergenceLoss(const at::Tensor &teacherHidden, const Linear &teacherHead, double temperature,
                         const Run &run);

/// Mean of the negative log-likelihood as a scalar that records its gradients, which are computed in the same pass;
/// float32.
at::Tensor meanNegativeLogLikelihood(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                     const Run &run);

} // namespace ecdysis::layers
