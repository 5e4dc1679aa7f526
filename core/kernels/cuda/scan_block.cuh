// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/cuda/device_math.cuh"
#include "core/kernels/cuda/selective_scan.h"

/// \file
/// How the scan divides its work, forward and backward: a block of threads takes `blockChannels` channels of a sequence
/// through time, `scanTokens` tokens at once; eight threads share a channel, each with two states in registers. More
/// than `passStates` states are done in passes: every result is a sum over states, so that later passes add to it.
namespace ecdysis::kernels::cuda {

inline constexpr int scanTokens = 16; ///< also the distance of checkpoints
inline constexpr int blockChannels = 32;
inline constexpr int channelLanes = 8;
inline constexpr int laneStates = 2; ///< a float2
inline constexpr int passStates = channelLanes * laneStates;
inline constexpr int scanThreads = blockChannels * channelLanes;
inline constexpr int stepTokens = channelLanes; ///< tokens whose sums over states are shared out at once
inline constexpr int blockWarps = scanThreads / 32;
inline constexpr int threadTokens = scanTokens * blockChannels / scanThreads; ///< elements of a tile a thread prepares

using ChannelTile = float[scanTokens][blockChannels];
using StateTile = float2[scanTokens][channelLanes]; ///< of each thread of a channel the states

inline std::int64_t channelBlocks(const SelectiveScan &scan)
{
    return ceilDivide(scan.channels, blockChannels);
}

/// What a thread works on. In the recurrence it has states of `channel`; what is done for each element of a tile
/// of channels, it does for column `column` of every token that its warp's turn comes to.
struct ScanThread
{
    __device__ ScanThread(const SelectiveScan &scan, std::int64_t firstState)
        : block(blockIdx.x % ceilDivide(scan.channels, blockChannels)),
          batch(blockIdx.x / ceilDivide(scan.channels, blockChannels)), firstChannel(block * blockChannels),
          lane(threadIdx.x % channelLanes), row(threadIdx.x / channelLanes), channel(firstChannel + row),
          state(firstState + lane * laneStates), column(threadIdx.x % blockChannels), warp(threadIdx.x / blockChannels),
          columnChannel(firstChannel + column), hasColumn(columnChannel < scan.channels)
    {
    }

    /// Whether the thread's state `n` exists.
    __device__ bool has(const SelectiveScan &scan, int n) const
    {
        return channel < scan.channels && state + n < scan.states;
    }

    std::int64_t block;
    std::int64_t batch;
    std::int64_t firstChannel;
    int lane;
    int row; ///< of the channel in a tile
    std::int64_t channel;
    std::int64_t state;
    int column;
    int warp;
    std::int64_t columnChannel;
    bool hasColumn;
};

/// Rates of a thread's states times log2(e); zero where there is no state.
__device__ inline void loadRates(const SelectiveScan &scan, const ScanThread &thread, float (&rates)[laneStates])
{
#pragma unroll
    for (int n = 0; n < laneStates; ++n)
        rates[n] = thread.has(scan, n) ? scan.A[thread.channel * scan.states + thread.state + n] * log2OfE : 0.0f;
}

/// Starts copying a chunk of B or C; zeros beside it.
__device__ inline void fetchStates(const SelectiveScan &scan, const float *matrix, std::int64_t firstRow, int tokens,
                                   std::int64_t firstState, StateTile &tile)
{
    fetchTile<scanThreads, scanTokens, passStates>(&tile[0][0].x, matrix + firstRow * scan.bcStride + firstState,
                                                   scan.bcStride, tokens, scan.states - firstState);
}

/// What a thread reads of one token: the same for all states of a channel, and for its own ones.
struct TokenOperands
{
    float dt;
    float dtx;
    float B[laneStates];
    float C[laneStates];
};

__device__ inline TokenOperands tokenOperands(const ScanThread &thread, int t, const ChannelTile &dt,
                                              const ChannelTile &dtx, const StateTile &B, const StateTile &C)
{
    const float2 b = B[t][thread.lane];
    const float2 c = C[t][thread.lane];
    return {dt[t][thread.row], dtx[t][thread.row], {b.x, b.y}, {c.x, c.y}};
}

/// Where the states of a channel before a chunk of tokens are kept.
__device__ inline std::int64_t checkpointPlace(const SelectiveScan &scan, const ScanThread &thread, std::int64_t chunk)
{
    const std::int64_t chunks = ceilDivide(scan.time, scanTokens);
    return ((thread.batch * chunks + chunk) * scan.channels + thread.channel) * scan.states + thread.state;
}

} // namespace ecdysis::kernels::cuda
