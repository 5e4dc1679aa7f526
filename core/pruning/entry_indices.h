// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

#include "core/architectures/blueprint.h"

namespace ecdysis::pruning {

/// The indices along its dimension that a slice gives to each of the first `entries` of its axis: int64 (entry, index).
at::Tensor entryIndices(const architectures::Slice &slice, std::int64_t entries);

/// numbers (…) → along `dimension` what is the sum, or the mean, over the others: float64 (size).
at::Tensor sumAlong(const at::Tensor &numbers, int dimension);
at::Tensor meanAlong(const at::Tensor &numbers, int dimension);

} // namespace ecdysis::pruning
