// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace ecdysis::kernels {

/// Operands of the fused Mamba-1 scan, all float32. Matrices are (batch · time, columns) row-major with a row stride in
/// elements, so that slices of a projection's output are used in place.
///   dt' = softplus(dt + dtBias);  h_t = exp(dt' A) h_{t-1} + dt' x_t B_t;  y_t = (C_t · h_t + D x_t) silu(z_t)
/// Gu & Dao, "Mamba", arXiv 2312.00752, algorithm 2.
struct SelectiveScan
{
    std::int64_t batch = 1;
    std::int64_t time = 0;
    std::int64_t channels = 0;
    std::int64_t states = 0;

    const float *x = nullptr; ///< (batch · time, channels), after convolution and SiLU
    std::int64_t xStride = 0;
    const float *dt = nullptr; ///< (batch · time, channels), before bias and softplus
    std::int64_t dtStride = 0;
    const float *z = nullptr; ///< (batch · time, channels), before SiLU; null: no gate
    std::int64_t zStride = 0;
    const float *B = nullptr; ///< (batch · time, states)
    const float *C = nullptr; ///< (batch · time, states)
    std::int64_t bcStride = 0;
    const float *A = nullptr;      ///< (channels, states), negative: -exp(A_log)
    const float *D = nullptr;      ///< (channels); null: no skip
    const float *dtBias = nullptr; ///< (channels); null: none

    const float *entering = nullptr;       ///< (batch, channels, states), h_{-1}; null: zeros
    const std::int64_t *lengths = nullptr; ///< (batch), tokens of each row that are computed; null: all
};

/// Tokens between two stored states of the backward pass.
inline constexpr std::int64_t checkpointInterval = 16;

/// Floats that `checkpoints` must hold.
std::int64_t checkpointSize(const SelectiveScan &scan);

/// y: (batch · time, channels), contiguous; what lies behind the length of a row is left as it is. `checkpoints`: null,
/// or checkpointSize() floats for the backward pass, in a layout of its own. `leaving`: null, or (batch, channels,
/// states), the states after the last token of each row; not `entering` itself.
void selectiveScan(const SelectiveScan &scan, float *y, float *checkpoints = nullptr, float *leaving = nullptr);

/// Gradients of the operands above; matrices contiguous, all written whole (not accumulated). Null: not wanted where
/// the operand itself is null.
struct SelectiveScanGradients
{
    float *x = nullptr;      ///< (batch · time, channels)
    float *dt = nullptr;     ///< (batch · time, channels)
    float *z = nullptr;      ///< (batch · time, channels)
    float *B = nullptr;      ///< (batch · time, states)
    float *C = nullptr;      ///< (batch · time, states)
    float *A = nullptr;      ///< (channels, states)
    float *D = nullptr;      ///< (channels)
    float *dtBias = nullptr; ///< (channels)
};

/// dy: (batch · time, channels), contiguous; `checkpoints` as the forward pass wrote them. Rows begin with zeros and
/// are of whole length.
void selectiveScanBackward(const SelectiveScan &scan, const float *dy, const float *checkpoints,
                           const SelectiveScanGradients &gradients);

} // namespace ecdysis::kernels
