// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/device.h"

#include <fmt/format.h>

#include "core/cuda/gpu.h"
#include "core/exception.h"
#include "core/machine.h"

namespace ecdysis {

c10::Device deviceNamed(const std::string &name)
{
    if (name == "cpu")
        return c10::kCPU;
    if constexpr (builtWithCuda) {
        if (name != "cuda")
            throw Exception(ErrorCode::DeviceUnavailable, fmt::format("expected device cpu or cuda, found {}", name));
        if (const std::string reason = cuda::whyUnavailable(); !reason.empty())
            throw Exception(ErrorCode::DeviceUnavailable,
                            fmt::format("expected a GPU for device cuda, found none: {}", reason));
        return {c10::kCUDA, 0};
    }
    throw Exception(ErrorCode::DeviceUnavailable,
                    fmt::format("expected device cpu, the only one this build computes on, found {}", name));
}

std::string deviceTitle(c10::Device device)
{
    if constexpr (builtWithCuda)
        if (device.is_cuda())
            return cuda::title(device);
    return processorTitle();
}

std::int64_t peakMemory(c10::Device device)
{
    if constexpr (builtWithCuda)
        if (device.is_cuda())
            return cuda::peakMemory(device);
    return peakResidentMemory();
}

void requireMemory(c10::Device device, std::int64_t bytes, const std::string &purpose, const std::string &where)
{
    if constexpr (builtWithCuda)
        if (device.is_cuda())
            if (const std::int64_t free = cuda::freeMemory(); free < bytes)
                throw Exception(ErrorCode::OutOfMemory,
                                fmt::format("expected {} bytes free on the {} for {}, found {}", bytes,
                                            cuda::title(device), purpose, free),
                                where);
}

void finishWork(c10::Device device)
{
    if constexpr (builtWithCuda)
        if (device.is_cuda())
            cuda::finishWork();
}

} // namespace ecdysis
