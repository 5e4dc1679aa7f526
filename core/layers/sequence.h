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

/// Positions that follow those which a state remembers: the same number of each sequence, of which the first ones
/// count.
struct Piece
{
    Sequence sequence;
    at::Tensor lengths = {}; ///< int64 (batch), positions that count, on the device of the rows; undefined: all

    bool isStep() const { return sequence.time == 1 && !lengths.defined(); }
};

/// The lengths of a piece as kernels take them; null: all positions count.
const std::int64_t *lengthsOf(const Piece &piece);

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
