// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <limits>

#include <ATen/core/Tensor.h>

#include "core/layers/sequence.h"

namespace ecdysis::layers {

/// Operands of the Mamba-2 recurrence (see kernels/state_duality.h); matrices (batch · time, columns) of any row
/// stride.
struct StateDuality
{
    at::Tensor x;      ///< (rows, head · headSize), after convolution and SiLU
    at::Tensor dt;     ///< (rows, head), before bias and softplus
    at::Tensor B;      ///< (rows, group · state)
    at::Tensor C;      ///< (rows, group · state); same row stride as B
    at::Tensor A;      ///< (head), negative
    at::Tensor D;      ///< (head), or (head · headSize)
    at::Tensor dtBias; ///< (head)
    std::int64_t groups = 1;
    double dtMin = 0;
    double dtMax = std::numeric_limits<double>::infinity();
};

/// softplus(dt + dtBias) within its limits, (rows, head).
at::Tensor stepSizes(const StateDuality &ssd);

/// y (rows, head · headSize), contiguous, before gate and norm. Records gradients.
at::Tensor apply(const StateDuality &ssd, Sequence sequence);

/// The same by matrix products over chunks of `chunk` tokens (Dao & Gu, arXiv 2405.21060, section 6), all in LibTorch
/// operators: what gradients are taken of.
at::Tensor applyChunked(const StateDuality &ssd, Sequence sequence, std::int64_t chunk);

/// The same for a piece; `state` (batch, head, headSize, state) is moved on; undefined: the start of a sequence.
/// Records no gradients.
at::Tensor resume(const StateDuality &ssd, const Piece &piece, at::Tensor &state);

/// One token, rows = batch; `state` (batch, head, headSize, state) is moved on; undefined: the start of a sequence.
at::Tensor step(const StateDuality &ssd, at::Tensor &state);

} // namespace ecdysis::layers
