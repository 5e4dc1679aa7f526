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
    at::ScalarType compute = at::kFloat; ///< float32 or bfloat16: what large products may round their operands to
    double dtMin = 0;
    double dtMax = std::numeric_limits<double>::infinity();
};

/// y (rows, head · headSize), contiguous, before gate and norm. Records gradients. On a processor float32 throughout,
/// but for bfloat16 models where the processor multiplies tiles of bfloat16 (AMX).
at::Tensor apply(const StateDuality &ssd, Sequence sequence);

/// The same on a processor through products in bfloat16 of whole chunks with their states; no gradients.
at::Tensor applyThroughProducts(const StateDuality &ssd, Sequence sequence);

/// The same by matrix products over chunks of `chunk` tokens (Dao & Gu, arXiv 2405.21060, section 6), all in LibTorch
/// operators: what gradients are taken of.
at::Tensor applyChunked(const StateDuality &ssd, Sequence sequence, std::int64_t chunk);

/// One token, rows = batch; `state` (batch, head, headSize, state) is moved on; undefined: the start of a sequence.
at::Tensor step(const StateDuality &ssd, at::Tensor &state);

} // namespace ecdysis::layers
