// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

namespace ecdysis {

/// Whether this build computes on GPUs: everything behind `if constexpr (builtWithCuda)` is absent where it does not.
#ifdef ECDYSIS_WITH_CUDA
inline constexpr bool builtWithCuda = true;
#else
inline constexpr bool builtWithCuda = false;
#endif

/// The device that "cpu" or "cuda" (the first GPU this process sees) names.
/// Throws Exception{DeviceUnavailable}: another name, or a GPU that this build or machine has not.
c10::Device deviceNamed(const std::string &name);

/// What the device calls itself: "Intel(R) Xeon(R) …", "NVIDIA H200".
std::string deviceTitle(c10::Device device);

/// The most memory, in bytes, that this process has held so far: resident on the processor, in tensors on a GPU.
std::int64_t peakMemory(c10::Device device);

/// Throws Exception{OutOfMemory} where a GPU has less than `bytes` free; `purpose` completes "for …". Says nothing of
/// the processor, whose weights may be mapped.
void requireMemory(c10::Device device, std::int64_t bytes, const std::string &purpose, const std::string &where);

/// Waits until everything queued on the device is done.
void finishWork(c10::Device device);

} // namespace ecdysis
