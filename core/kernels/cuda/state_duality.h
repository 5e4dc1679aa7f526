// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/cuda/stream.h"
#include "core/kernels/state_duality.h"

namespace ecdysis::kernels::cuda {

/// kernels::stateDuality() on a GPU, all pointers of device memory. Returns once the work is queued; throws
/// std::runtime_error where the device refuses it.
void stateDuality(const StateDuality &ssd, float *y, float *leaving, Stream stream);

} // namespace ecdysis::kernels::cuda
