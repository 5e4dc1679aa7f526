// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

namespace ecdysis::layers {

/// RMSNorm over the last dimension: weight · x / sqrt(mean(x²) + epsilon) (Zhang & Sennrich, arXiv 1910.07467).
struct RmsNorm
{
    at::Tensor weight; ///< float32; undefined: all ones
    double epsilon = 1e-5;
};

/// x: float32, rows contiguous. Records gradients.
at::Tensor apply(const RmsNorm &norm, const at::Tensor &x);

/// RMSNorm of x · silu(gate), each group of `group` consecutive columns by itself (Dao & Gu, arXiv 2405.21060).
/// x (rows, columns) contiguous; the gate may have a row stride. Records gradients.
at::Tensor applyGated(const RmsNorm &norm, const at::Tensor &x, const at::Tensor &gate, std::int64_t group);

/// RMSNorm of each group of `group` consecutive columns by itself. x (rows, columns) contiguous. Records gradients.
at::Tensor applyGrouped(const RmsNorm &norm, const at::Tensor &x, std::int64_t group);

/// x · silu(gate), operands as above. Records gradients.
at::Tensor gated(const at::Tensor &x, const at::Tensor &gate);

} // namespace ecdysis::layers
