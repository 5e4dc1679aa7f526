// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace ecdysis::kernels {

enum class Half {
    Bfloat16,
    Float16, ///< IEEE 754 binary16
};

/// y = x Wᵀ of weights in 16 bits that are widened as they are read, for few rows: what takes time then is reading the
/// weights. Sums are float32.
struct HalfProduct
{
    std::int64_t rows = 0;
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    const float *x = nullptr; ///< (rows, inputs)
    std::int64_t xStride = 0;
    const std::uint16_t *weight = nullptr; ///< (outputs, inputs), dense rows
    std::int64_t weightStride = 0;
    Half type = Half::Bfloat16;
    float *y = nullptr; ///< (rows, outputs)
    std::int64_t yStride = 0;
};

void halfProduct(const HalfProduct &product);

} // namespace ecdysis::kernels
