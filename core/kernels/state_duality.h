// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <limits>

namespace ecdysis::kernels {

/// Operands of the Mamba-2 recurrence, float32, one scalar decay per head:
///   dt' = clamp(softplus(dt + dtBias), dtMin, dtMax);  S_t = exp(dt' A) S_{t-1} + dt' x_t ⊗ B_t;  y_t = S_t C_t + D
///   x_t
/// Heads h use group h / (heads / groups). Dao & Gu, "Transformers are SSMs", arXiv 2405.21060.
struct StateDuality
{
    std::int64_t batch = 1;
    std::int64_t time = 0;
    std::int64_t heads = 0;
    std::int64_t headSize = 0;
    std::int64_t groups = 1;
    std::int64_t states = 0;

    const float *x = nullptr; ///< (batch · time, heads · headSize)
    std::int64_t xStride = 0;
    const float *dt = nullptr; ///< (batch · time, heads), before bias and softplus
    std::int64_t dtStride = 0;
    const float *B = nullptr; ///< (batch · time, groups · states)
    const float *C = nullptr; ///< (batch · time, groups · states)
    std::int64_t bcStride = 0;
    const float *A = nullptr; ///< (heads), negative
    const float *D = nullptr; ///< (heads), or (heads · headSize) when dPerChannel; null: no skip
    bool dPerChannel = false;
    const float *dtBias = nullptr; ///< (heads); null: none
    float dtMin = 0;
    float dtMax = std::numeric_limits<float>::infinity();

    const float *entering = nullptr;       ///< (batch, heads, headSize, states), S_{-1}; null: zeros
    const std::int64_t *lengths = nullptr; ///< (batch), tokens of each row that are computed; null: all
};

/// y: (batch · time, heads · headSize), contiguous; what lies behind the length of a row is left as it is. `leaving`:
/// null, or (batch, heads, headSize, states), the states after the last token of each row; not `entering` itself.
void stateDuality(const StateDuality &ssd, float *y, float *leaving = nullptr);

} // namespace ecdysis::kernels
