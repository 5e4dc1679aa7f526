// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include <cuda_pipeline.h>
#include <cuda_runtime.h>

/// \file
/// What the kernels of this folder share on the device.
namespace ecdysis::kernels::cuda {

inline constexpr unsigned wholeWarp = 0xffffffffU;
inline constexpr float log2OfE = 1.44269504f;
inline constexpr float logOf2 = 0.693147181f;

__host__ __device__ constexpr std::int64_t ceilDivide(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

__device__ inline float sigmoid(float v)
{
    return 1.0f / (1.0f + expf(-v));
}

__device__ inline float silu(float v)
{
    return v * sigmoid(v);
}

/// d silu(v) / dv.
__device__ inline float siluSlope(float v)
{
    const float s = sigmoid(v);
    return s * (1.0f + v * (1.0f - s));
}

/// log(1 + e^v), without overflow.
__device__ inline float softplus(float v)
{
    return v > 20.0f ? v : log1pf(expf(v));
}

/// Starts copying a tile of a matrix to shared memory, [row][column], by all `threads` threads of a block. `from`: its
/// first element. What lies beyond the rows and columns that are there becomes zero.
template <int threads, int rows, int columns>
__device__ inline void fetchTile(float *tile, const float *from, std::int64_t stride, int presentRows,
                                 std::int64_t presentColumns)
{
    static_assert(threads % columns == 0);
    constexpr int rowsApart = threads / columns;
    const int column = threadIdx.x % columns;
    int row = threadIdx.x / columns;
    const float *source = from + row * stride + column;
#pragma unroll
    for (int k = 0; k < (rows + rowsApart - 1) / rowsApart; ++k) {
        if (row < rows) {
            const bool present = row < presentRows && column < presentColumns;
            __pipeline_memcpy_async(tile + row * columns + column, present ? source : from, sizeof(float),
                                    present ? 0 : sizeof(float));
        }
        row += rowsApart;
        source += rowsApart * stride;
    }
}

/// Adds up `count` values over `lanes` threads of a warp whose numbers differ by multiples of `stride`. The g-th of
/// them is left with the sums of values g · count / lanes and following, in front of `values`.
template <int lanes, int stride, int count> __device__ __forceinline__ void shareSums(float *values)
{
    static_assert(count % lanes == 0);
    if constexpr (lanes > 1) {
        constexpr int left = count / 2;
        constexpr int distance = lanes / 2 * stride;
        const bool upper = (threadIdx.x & distance) != 0;
#pragma unroll
        for (int i = 0; i < left; ++i) {
            const float kept = upper ? values[left + i] : values[i];
            const float given = upper ? values[i] : values[left + i];
            values[i] = kept + __shfl_xor_sync(wholeWarp, given, distance);
        }
        shareSums<lanes / 2, stride, left>(values);
    }
}

} // namespace ecdysis::kernels::cuda
