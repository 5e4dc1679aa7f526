// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/cuda/selective_scan.h"

#include "core/kernels/cuda/launch.h"
#include "core/kernels/cuda/scan_block.cuh"

namespace ecdysis::kernels::cuda {

namespace {

/// Operands of a chunk of tokens as they are in memory. Two of them: one is filled while the other is worked on.
struct Operands
{
    ChannelTile x;
    ChannelTile dt;
    ChannelTile z;
    StateTile B;
    StateTile C;
};

/// What is computed of a chunk.
struct Products
{
    ChannelTile dt;  ///< dt'
    ChannelTile dtx; ///< dt' x
    ChannelTile y;   ///< Σ over states
};

__device__ void fetchChannels(const SelectiveScan &scan, const ScanThread &thread, const float *matrix,
                              std::int64_t stride, std::int64_t firstRow, int tokens, ChannelTile &tile)
{
    fetchTile<scanThreads, scanTokens, blockChannels>(tile[0], matrix + firstRow * stride + thread.firstChannel, stride,
                                                      tokens, scan.channels - thread.firstChannel);
}

__device__ void fetchChunk(const SelectiveScan &scan, const ScanThread &thread, std::int64_t firstState,
                           std::int64_t start, Operands &operands)
{
    if (start < scan.time) {
        const std::int64_t row = thread.batch * scan.time + start;
        const int tokens = min(static_cast<std::int64_t>(scanTokens), scan.time - start);
        fetchChannels(scan, thread, scan.x, scan.xStride, row, tokens, operands.x);
        fetchChannels(scan, thread, scan.dt, scan.dtStride, row, tokens, operands.dt);
        if (scan.z)
            fetchChannels(scan, thread, scan.z, scan.zStride, row, tokens, operands.z);
        fetchStates(scan, scan.B, row, tokens, firstState, operands.B);
        fetchStates(scan, scan.C, row, tokens, firstState, operands.C);
    }
    __pipeline_commit(); // also an empty one: the wait counts them
}

/// Tokens after the last one have a step of 0, which leaves the states as they are.
__device__ void prepare(const ScanThread &thread, float bias, int tokens, const Operands &operands, Products &products)
{
#pragma unroll
    for (int k = 0; k < threadTokens; ++k) {
        const int t = thread.warp + k * blockWarps;
        const float dt = t < tokens ? softplus(operands.dt[t][thread.column] + bias) : 0.0f;
        products.dt[t][thread.column] = dt;
        products.dtx[t][thread.column] = dt * operands.x[t][thread.column];
    }
}

/// Carries a thread's states through a chunk. Sums are stored last, so that loads need not wait for them.
__device__ void advance(const ScanThread &thread, const float (&rates)[laneStates], const Operands &operands,
                        Products &products, float (&h)[laneStates])
{
    float sums[scanTokens / stepTokens];
#pragma unroll
    for (int step = 0; step < scanTokens / stepTokens; ++step) {
        float y[stepTokens] = {};
#pragma unroll
        for (int i = 0; i < stepTokens; ++i) {
            const TokenOperands token =
                tokenOperands(thread, step * stepTokens + i, products.dt, products.dtx, operands.B, operands.C);
#pragma unroll
            for (int n = 0; n < laneStates; ++n) {
                h[n] = exp2f(token.dt * rates[n]) * h[n] + token.dtx * token.B[n];
                y[i] += h[n] * token.C[n];
            }
        }
        shareSums<channelLanes, 1, stepTokens>(y);
        sums[step] = y[0];
    }
#pragma unroll
    for (int step = 0; step < scanTokens / stepTokens; ++step)
        products.y[step * stepTokens + thread.lane][thread.row] = sums[step];
}

__device__ void write(const SelectiveScan &scan, const ScanThread &thread, std::int64_t firstState, std::int64_t row,
                      int tokens, const Operands &operands, const Products &products, float *out)
{
    if (!thread.hasColumn)
        return;
    const float D = scan.D && firstState == 0 ? scan.D[thread.columnChannel] : 0.0f;
    for (int t = thread.warp; t < tokens; t += blockWarps) {
        float y = products.y[t][thread.column] + D * operands.x[t][thread.column];
        if (scan.z)
            y *= silu(operands.z[t][thread.column]);
        float &result = out[(row + t) * scan.channels + thread.columnChannel];
        result = firstState == 0 ? y : result + y;
    }
}

__global__ void __launch_bounds__(scanThreads, 1)
    scanForward(SelectiveScan scan, std::int64_t firstState, float *out, float *checkpoints, float *leaving)
{
    __shared__ Operands operands[2];
    __shared__ Products products;
    const ScanThread thread(scan, firstState);
    const float bias = scan.dtBias && thread.hasColumn ? scan.dtBias[thread.columnChannel] : 0.0f;
    float rates[laneStates];
    loadRates(scan, thread, rates);
    float h[laneStates] = {};
    const std::int64_t place = (thread.batch * scan.channels + thread.channel) * scan.states + thread.state;
    for (int n = 0; scan.entering && n < laneStates; ++n)
        if (thread.has(scan, n))
            h[n] = scan.entering[place + n];
    const std::int64_t length = scan.lengths ? scan.lengths[thread.batch] : scan.time;
    fetchChunk(scan, thread, firstState, 0, operands[0]);
    for (std::int64_t start = 0, chunk = 0; start < length; start += scanTokens, ++chunk) {
        const Operands &current = operands[chunk % 2];
        const int tokens = min(static_cast<std::int64_t>(scanTokens), length - start);
        fetchChunk(scan, thread, firstState, start + scanTokens, operands[(chunk + 1) % 2]);
        __pipeline_wait_prior(1);
        __syncthreads();
        prepare(thread, bias, tokens, current, products);
        if (checkpoints)
            for (int n = 0; n < laneStates; ++n)
                if (thread.has(scan, n))
                    checkpoints[checkpointPlace(scan, thread, chunk) + n] = h[n];
        __syncthreads();
        advance(thread, rates, current, products, h);
        __syncthreads();
        write(scan, thread, firstState, thread.batch * scan.time + start, tokens, current, products, out);
        __syncthreads();
    }
    for (int n = 0; leaving && n < laneStates; ++n)
        if (thread.has(scan, n))
            leaving[place + n] = h[n];
}

} // namespace

std::int64_t checkpointSize(const SelectiveScan &scan)
{
    return scan.batch * ceilDivide(scan.time, scanTokens) * scan.channels * scan.states;
}

void selectiveScan(const SelectiveScan &scan, float *y, float *checkpoints, float *leaving, Stream stream)
{
    const auto blocks = static_cast<unsigned>(channelBlocks(scan) * scan.batch);
    if (blocks == 0)
        return;
    for (std::int64_t state = 0; state < scan.states; state += passStates)
        scanForward<<<blocks, scanThreads, 0, stream>>>(scan, state, y, checkpoints, leaving);
    throwIfRefused("the selective scan");
}

} // namespace ecdysis::kernels::cuda
