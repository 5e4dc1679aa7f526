// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/cuda/sum_parts.h"

#include "core/kernels/cuda/device_math.cuh"
#include "core/kernels/cuda/launch.h"

namespace ecdysis::kernels::cuda {

namespace {

constexpr int threads = 256;

__global__ void addUp(const float *values, std::int64_t parts, std::int64_t count, float *out)
{
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
    if (i >= count)
        return;
    float sum = 0.0f;
#pragma unroll 8
    for (std::int64_t part = 0; part < parts; ++part)
        sum += values[part * count + i];
    out[i] = sum;
}

} // namespace

void sumParts(const float *values, std::int64_t parts, std::int64_t count, float *out, Stream stream)
{
    if (count == 0)
        return;
    addUp<<<static_cast<unsigned>(ceilDivide(count, threads)), threads, 0, stream>>>(values, parts, count, out);
    throwIfRefused("a sum of parts");
}

} // namespace ecdysis::kernels::cuda
