// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ecdysis::layers {

/// How the rows of a matrix (batch · time, columns) divide into sequences.
struct Sequence
{
    std::int64_t batch = 1;
    std::int64_t time = 0;

    std::int64_t rows() const { return batch * time; }
};

/// Whether an operation on these tensors must record its gradient. Undefined tensors are none.
bool recordsGradient(std::initializer_list<at::Tensor> tensors);

/// The floats of a tensor; null for an undefined one. Requires: float32, last dimension dense.
float *floats(const at::Tensor &tensor);

/// Elements between two rows of a matrix.
inline std::int64_t rowStride(const at::Tensor &matrix)
{
    return matrix.stride(0);
}

} // namespace ecdysis::layers
