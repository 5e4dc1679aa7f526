// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>

#include "core/data/examples.h"
#include "core/evaluation/gradients.h"
#include "core/values/tuning.h"

namespace ecdysis::tuning {

/// The rows of a batch that predict a label, as if it were (example · (token - 1), …), and these labels.
struct Predictions
{
    at::Tensor rows;    ///< int64
    at::Tensor targets; ///< int64, token ids
};
Predictions predictionsOf(const data::Examples &batch);

/// The normalised hidden states of these rows (row, channel), from the residual stream (example, token, channel).
at::Tensor hiddenOf(const architectures::Network &network, const at::Tensor &residual, const Predictions &predictions);

/// `share` times the loss of a student, of which `removed` is switched off, on a batch. The teacher is computed now,
/// without gradients, where the objective asks for it. The result refers to the student's network and to `run`. Throws
/// Exception{Cancelled}.
evaluation::PassLoss lossOf(const architectures::Network &student, std::span<const architectures::Removed> removed,
                            const data::Examples &batch, const architectures::Network &teacher,
                            const Objective &objective, double share, const Run &run);

} // namespace ecdysis::tuning
