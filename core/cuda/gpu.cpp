// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/cuda/gpu.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>

namespace ecdysis::cuda {

std::string whyUnavailable()
{
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status != cudaSuccess) {
        cudaGetLastError(); // or the next call reports it again
        return cudaGetErrorString(status);
    }
    return count > 0 ? std::string() : "the driver lists no device";
}

kernels::cuda::Stream currentStream()
{
    return at::cuda::getCurrentCUDAStream().stream();
}

std::string title(c10::Device device)
{
    return at::cuda::getDeviceProperties(device.index())->name;
}

std::int64_t peakMemory(c10::Device device)
{
    // The first of the statistics is that over pools of every kind; its name differs between versions of LibTorch.
    return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).allocated_bytes[0].peak;
}

void finishWork()
{
    C10_CUDA_CHECK(cudaDeviceSynchronize());
}

std::int64_t freeMemory()
{
    c10::cuda::CUDACachingAllocator::emptyCache();
    std::size_t free = 0;
    std::size_t total = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    return static_cast<std::int64_t>(free);
}

} // namespace ecdysis::cuda
