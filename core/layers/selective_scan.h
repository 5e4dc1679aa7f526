// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

#include "core/layers/sequence.h"

namespace ecdysis::layers {

/// Operands of the Mamba-1 recurrence (see kernels/selective_scan.h); matrices (batch · time, columns) of any row
/// stride.
struct SelectiveScan
{
    at::Tensor x;      ///< (rows, channel), after convolution and SiLU
    at::Tensor dt;     ///< (rows, channel), before bias and softplus
    at::Tensor z;      ///< (rows, channel), before SiLU
    at::Tensor B;      ///< (rows, state)
    at::Tensor C;      ///< (rows, state); same row stride as B
    at::Tensor A;      ///< (channel, state), negative
    at::Tensor D;      ///< (channel)
    at::Tensor dtBias; ///< (channel)
};

/// The gated output (rows, channel), contiguous. Records gradients.
at::Tensor apply(const SelectiveScan &scan, Sequence sequence);

/// softplus(dt + dtBias), (rows, channel).
at::Tensor stepSizes(const SelectiveScan &scan);

/// The same for a piece; `state` (batch, channel, state) is moved on; undefined: the start of a sequence. Records none.
at::Tensor resume(const SelectiveScan &scan, const Piece &piece, at::Tensor &state);

/// One token, rows = batch; `state` (batch, channel, state) is moved on; undefined: the start of a sequence.
at::Tensor step(const SelectiveScan &scan, at::Tensor &state);

} // namespace ecdysis::layers
