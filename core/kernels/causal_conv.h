// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace ecdysis::kernels {

/// Causal depthwise convolution followed by SiLU, float32:
///   y[t, c] = silu(bias[c] + Σ_j weight[c, j] x[t - taps + 1 + j, c]), zeros before the start of each batch row.
struct CausalConv
{
    std::int64_t batch = 1;
    std::int64_t time = 0;
    std::int64_t channels = 0;
    std::int64_t taps = 0;

    const float *x = nullptr; ///< (batch · time, channels)
    std::int64_t xStride = 0;
    const float *weight = nullptr; ///< (channels, taps); the last tap multiplies the current token
    const float *bias = nullptr;   ///< (channels); null: none
};

/// y: (batch · time, channels), contiguous.
void causalConv(const CausalConv &conv, float *y);

/// dy: (batch · time, channels), contiguous. Writes dx (batch · time, channels; contiguous), dWeight (channels, taps)
/// and, if not null, dBias (channels). Pre-activations are computed again.
void causalConvBackward(const CausalConv &conv, const float *dy, float *dx, float *dWeight, float *dBias);

} // namespace ecdysis::kernels
