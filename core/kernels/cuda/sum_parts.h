// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "core/kernels/cuda/stream.h"

namespace ecdysis::kernels::cuda {

/// out[i] = Σ over parts of values[part · count + i], in the order of the parts. Device memory.
void sumParts(const float *values, std::int64_t parts, std::int64_t count, float *out, Stream stream);

} // namespace ecdysis::kernels::cuda
