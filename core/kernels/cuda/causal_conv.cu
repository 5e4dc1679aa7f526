// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/cuda/causal_conv.h"

#include "core/kernels/cuda/device_math.cuh"
#include "core/kernels/cuda/launch.h"

namespace ecdysis::kernels::cuda {

namespace {

constexpr int columnThreads = 128; ///< channels of a block, where each element stands for itself
constexpr int blockRows = 8;       ///< tokens of such a block
constexpr int sumColumns = 32;     ///< channels of a block that adds up through time
constexpr int sumRows = 32;        ///< threads of a channel in it

/// Σ over taps for one token of a sequence; `time` counts from its start.
__device__ float preActivation(const CausalConv &conv, std::int64_t row, std::int64_t time, std::int64_t channel)
{
    float sum = conv.bias ? conv.bias[channel] : 0.0f;
    for (std::int64_t j = max(std::int64_t{0}, conv.taps - 1 - time); j < conv.taps; ++j)
        sum += conv.weight[channel * conv.taps + j] * conv.x[(row - conv.taps + 1 + j) * conv.xStride + channel];
    return sum;
}

/// Calls element(row, time, channel) for what a thread of elementBlocks() blocks has to do.
template <typename Element> __device__ void forElements(const CausalConv &conv, const Element &element)
{
    const std::int64_t across = ceilDivide(conv.channels, columnThreads);
    const std::int64_t channel = blockIdx.x % across * columnThreads + threadIdx.x;
    const std::int64_t first = blockIdx.x / across * blockRows;
    if (channel >= conv.channels)
        return;
    std::int64_t time = first % conv.time;
    for (std::int64_t row = first; row < min(first + blockRows, conv.batch * conv.time); ++row) {
        element(row, time, channel);
        time = time + 1 == conv.time ? 0 : time + 1;
    }
}

unsigned elementBlocks(const CausalConv &conv)
{
    return static_cast<unsigned>(ceilDivide(conv.channels, columnThreads) *
                                 ceilDivide(conv.batch * conv.time, blockRows));
}

__global__ void __launch_bounds__(columnThreads) convForward(CausalConv conv, float *y)
{
    forElements(conv, [&](std::int64_t row, std::int64_t time, std::int64_t channel) {
        y[row * conv.channels + channel] = silu(preActivation(conv, row, time, channel));
    });
}

/// Gradients before SiLU.
__global__ void __launch_bounds__(columnThreads) convPreActivation(CausalConv conv, const float *dy, float *gradient)
{
    forElements(conv, [&](std::int64_t row, std::int64_t time, std::int64_t channel) {
        const std::int64_t place = row * conv.channels + channel;
        gradient[place] = dy[place] * siluSlope(preActivation(conv, row, time, channel));
    });
}

__global__ void __launch_bounds__(columnThreads) convInput(CausalConv conv, const float *gradient, float *dx)
{
    forElements(conv, [&](std::int64_t row, std::int64_t time, std::int64_t channel) {
        float sum = 0.0f;
        for (std::int64_t ahead = 0; ahead < min(conv.taps, conv.time - time); ++ahead)
            sum += conv.weight[channel * conv.taps + conv.taps - 1 - ahead] *
                   gradient[(row + ahead) * conv.channels + channel];
        dx[row * conv.channels + channel] = sum;
    });
}

/// One tap of `sumColumns` channels, or after the last tap their bias: sums through all rows in a fixed order.
__global__ void __launch_bounds__(sumColumns *sumRows)
    convWeights(CausalConv conv, const float *gradient, float *dWeight, float *dBias)
{
    __shared__ float shares[sumRows][sumColumns];
    const std::int64_t channel = static_cast<std::int64_t>(blockIdx.x) * sumColumns + threadIdx.x;
    const std::int64_t tap = blockIdx.y;
    const std::int64_t back = conv.taps - 1 - tap;
    float sum = 0.0f;
    std::int64_t time = threadIdx.y % conv.time;
    if (channel < conv.channels)
#pragma unroll 4
        for (std::int64_t row = threadIdx.y; row < conv.batch * conv.time; row += sumRows) {
            const float value = gradient[row * conv.channels + channel];
            if (tap == conv.taps)
                sum += value;
            else if (time >= back)
                sum += value * conv.x[(row - back) * conv.xStride + channel];
            for (time += sumRows; time >= conv.time;)
                time -= conv.time;
        }
    shares[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y != 0 || channel >= conv.channels)
        return;
    for (int row = 1; row < sumRows; ++row)
        sum += shares[row][threadIdx.x];
    if (tap < conv.taps)
        dWeight[channel * conv.taps + tap] = sum;
    else
        dBias[channel] = sum;
}

} // namespace

void causalConv(const CausalConv &conv, float *y, Stream stream)
{
    if (elementBlocks(conv) == 0)
        return;
    convForward<<<elementBlocks(conv), columnThreads, 0, stream>>>(conv, y);
    throwIfRefused("the convolution");
}

void causalConvBackward(const CausalConv &conv, const float *dy, float *dx, float *dWeight, float *dBias,
                        float *workspace, Stream stream)
{
    if (elementBlocks(conv) == 0)
        return;
    convPreActivation<<<elementBlocks(conv), columnThreads, 0, stream>>>(conv, dy, workspace);
    convInput<<<elementBlocks(conv), columnThreads, 0, stream>>>(conv, workspace, dx);
    const dim3 blocks(static_cast<unsigned>(ceilDivide(conv.channels, sumColumns)),
                      static_cast<unsigned>(conv.taps + (dBias ? 1 : 0)));
    convWeights<<<blocks, dim3(sumColumns, sumRows), 0, stream>>>(conv, workspace, dWeight, dBias);
    throwIfRefused("the backward convolution");
}

} // namespace ecdysis::kernels::cuda
