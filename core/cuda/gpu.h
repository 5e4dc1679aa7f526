// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

#include "core/kernels/cuda/stream.h"

/// \file
/// What LibTorch with CUDA says of GPUs. Defined only in builds with CUDA: calls stand behind `if constexpr
/// (builtWithCuda)`. The current GPU is the first one throughout.
namespace ecdysis::cuda {

/// Why no GPU can be used, in the driver's words; empty: one can.
std::string whyUnavailable();

/// The queue that LibTorch's operators of this thread go into.
kernels::cuda::Stream currentStream();

/// See deviceTitle(), peakMemory() and finishWork() of core/device.h.
std::string title(c10::Device device);
std::int64_t peakMemory(c10::Device device);
void finishWork();

/// Bytes that no process holds, after LibTorch has given back what it kept to use again.
std::int64_t freeMemory();

} // namespace ecdysis::cuda
