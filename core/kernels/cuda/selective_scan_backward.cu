// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/cuda/selective_scan.h"

#include "core/kernels/cuda/launch.h"
#include "core/kernels/cuda/scan_block.cuh"
#include "core/kernels/cuda/sum_parts.h"

namespace ecdysis::kernels::cuda {

namespace {

/// Shares of sums that several blocks of threads add to, one after the other in the workspace.
struct Partials
{
    float *B;      ///< (channel block, batch · time, states)
    float *C;      ///< (channel block, batch · time, states)
    float *A;      ///< (batch, channels, states)
    float *D;      ///< (batch, channels)
    float *dtBias; ///< (batch, channels)
};

struct Backward
{
    SelectiveScan scan;
    const float *dy;
    const float *checkpoints;
    SelectiveScanGradients gradients;
    Partials partials;
    std::int64_t firstState;
};

/// One chunk of tokens in shared memory.
struct Chunk
{
    float h[scanTokens][laneStates][scanThreads]; ///< each thread's states before a token; then its sums over channels
    ChannelTile dt;                               ///< dt'
    ChannelTile dtx;                              ///< dt' x
    ChannelTile dy;                               ///< gradient of y before the gate
    ChannelTile y;                                ///< Σ over states of C h
    ChannelTile sumB;                             ///< Σ over states of dL/dh B
    ChannelTile sumA;                             ///< Σ over states of dL/d(decay) decay A
    StateTile B;
    StateTile C;
};
static_assert(sizeof(Chunk) <= 48 * 1024);

/// What a thread carries from the last chunk to the first.
struct Carried
{
    float dh[laneStates] = {};
    float dA[laneStates] = {};
    float dD = 0;      ///< of its column
    float ddtBias = 0; ///< of its column
};

/// An element of the operands that have a column for each channel.
struct Element
{
    __device__ Element(const Backward &back, const ScanThread &thread, std::int64_t row, float bias)
    {
        const SelectiveScan &scan = back.scan;
        x = scan.x[row * scan.xStride + thread.columnChannel];
        rawDt = scan.dt[row * scan.dtStride + thread.columnChannel] + bias;
        dy = back.dy[row * scan.channels + thread.columnChannel];
        if (scan.z)
            z = scan.z[row * scan.zStride + thread.columnChannel];
    }

    float x;
    float rawDt; ///< with bias
    float dy;
    float z = 0;
};

__device__ void prepare(const Backward &back, const ScanThread &thread, float bias, std::int64_t row, int tokens,
                        Chunk &chunk)
{
    fetchStates(back.scan, back.scan.B, row, tokens, back.firstState, chunk.B);
    fetchStates(back.scan, back.scan.C, row, tokens, back.firstState, chunk.C);
    __pipeline_commit();
#pragma unroll
    for (int k = 0; k < threadTokens; ++k) {
        const int t = thread.warp + k * blockWarps;
        float dt = 0;
        float dtx = 0;
        float dy = 0;
        if (t < tokens && thread.hasColumn) {
            const Element element(back, thread, row + t, bias);
            dt = softplus(element.rawDt);
            dtx = dt * element.x;
            dy = back.scan.z ? element.dy * silu(element.z) : element.dy;
        }
        chunk.dt[t][thread.column] = dt;
        chunk.dtx[t][thread.column] = dtx;
        chunk.dy[t][thread.column] = dy;
    }
    __pipeline_wait_prior(0);
}

/// The states through the chunk once more; leaves those after its last token in `h`. Tokens after the end change
/// nothing.
__device__ void replay(const ScanThread &thread, const float (&rates)[laneStates], Chunk &chunk, float (&h)[laneStates])
{
#pragma unroll
    for (int first = 0; first < scanTokens; first += stepTokens) {
        float y[stepTokens] = {};
        float before[stepTokens][laneStates];
#pragma unroll
        for (int i = 0; i < stepTokens; ++i) {
            const TokenOperands token = tokenOperands(thread, first + i, chunk.dt, chunk.dtx, chunk.B, chunk.C);
#pragma unroll
            for (int n = 0; n < laneStates; ++n) {
                before[i][n] = h[n];
                h[n] = exp2f(token.dt * rates[n]) * h[n] + token.dtx * token.B[n];
                y[i] += h[n] * token.C[n];
            }
        }
        shareSums<channelLanes, 1, stepTokens>(y);
        chunk.y[first + thread.lane][thread.row] = y[0];
#pragma unroll
        for (int i = 0; i < stepTokens; ++i)
#pragma unroll
            for (int n = 0; n < laneStates; ++n)
                chunk.h[first + i][n][threadIdx.x] = before[i][n];
    }
}

/// What the threads of a warp add up over its channels: shares of dB, then of dC.
using StateShares = float[2 * laneStates];

/// dL/dh_t = decay_(t+1) dL/dh_(t+1) + C_t dL/dy_t for one token. Adds to `sumB` and `sumA` (see Chunk; the latter
/// times log2(e)).
__device__ void reverseToken(const TokenOperands &token, float dy, const float (&rates)[laneStates],
                             const float (&before)[laneStates], float (&after)[laneStates], Carried &carried,
                             StateShares &shares, float &sumB, float &sumA)
{
#pragma unroll
    for (int n = 0; n < laneStates; ++n) {
        const float q = dy * token.C[n] + carried.dh[n];
        sumB += q * token.B[n];
        shares[n] = q * token.dtx;
        shares[laneStates + n] = dy * after[n];
        carried.dh[n] = q * exp2f(token.dt * rates[n]);
        const float w = carried.dh[n] * before[n];
        carried.dA[n] += w * token.dt;
        sumA += w * rates[n];
        after[n] = before[n];
    }
}

/// The recurrence in reverse, from the last token of the chunk to the first; `after`: states after the last.
__device__ void reverse(const ScanThread &thread, const float (&rates)[laneStates], Chunk &chunk,
                        float (&after)[laneStates], Carried &carried)
{
#pragma unroll 2
    for (int first = scanTokens - stepTokens; first >= 0; first -= stepTokens) {
        float sums[2 * stepTokens] = {};
        float shares[stepTokens];
#pragma unroll
        for (int i = stepTokens - 1; i >= 0; --i) {
            const TokenOperands token = tokenOperands(thread, first + i, chunk.dt, chunk.dtx, chunk.B, chunk.C);
            float before[laneStates];
#pragma unroll
            for (int n = 0; n < laneStates; ++n)
                before[n] = chunk.h[first + i][n][threadIdx.x];
            StateShares ofStates;
            reverseToken(token, chunk.dy[first + i][thread.row], rates, before, after, carried, ofStates, sums[2 * i],
                         sums[2 * i + 1]);
            shareSums<32 / channelLanes, channelLanes, 2 * laneStates>(ofStates);
            shares[i] = ofStates[0];
        }
        shareSums<channelLanes, 1, 2 * stepTokens>(sums);
        chunk.sumB[first + thread.lane][thread.row] = sums[0];
        chunk.sumA[first + thread.lane][thread.row] = sums[1] * logOf2;
#pragma unroll
        for (int i = 0; i < stepTokens; ++i)
            chunk.h[first + i][0][threadIdx.x] = shares[i];
    }
}

/// The sums over the block's channels, of which each warp has left a part.
__device__ void writeStates(const Backward &back, const ScanThread &thread, std::int64_t row, int tokens,
                            const Chunk &chunk)
{
    const int value = thread.column / channelLanes; // that shareSums() has left its thread with
    const std::int64_t state = back.firstState + thread.column % channelLanes * laneStates + value % laneStates;
    if (state >= back.scan.states)
        return;
    const std::int64_t rows = back.scan.batch * back.scan.time;
    float *out = (value < laneStates ? back.partials.B : back.partials.C) + thread.block * rows * back.scan.states;
    for (int t = thread.warp; t < tokens; t += blockWarps) {
        float sum = 0.0f;
        for (int warp = 0; warp < blockWarps; ++warp)
            sum += chunk.h[t][0][warp * 32 + thread.column];
        out[(row + t) * back.scan.states + state] = sum;
    }
}

/// Writes in the first pass, adds in later ones.
__device__ void deliver(const Backward &back, float &result, float value)
{
    result = back.firstState == 0 ? value : result + value;
}

/// From the sums over states to the gradients of each token.
__device__ void writeChannels(const Backward &back, const ScanThread &thread, float bias, std::int64_t row, int tokens,
                              const Chunk &chunk, Carried &carried)
{
    if (!thread.hasColumn)
        return;
    const float D = back.scan.D && back.firstState == 0 ? back.scan.D[thread.columnChannel] : 0.0f;
    for (int t = thread.warp; t < tokens; t += blockWarps) {
        const Element element(back, thread, row + t, bias);
        const std::int64_t place = (row + t) * back.scan.channels + thread.columnChannel;
        const float dy = chunk.dy[t][thread.column];
        const float sumB = chunk.sumB[t][thread.column];
        const float ddt = (chunk.sumA[t][thread.column] + sumB * element.x) * sigmoid(element.rawDt);
        deliver(back, back.gradients.x[place], dy * D + sumB * chunk.dt[t][thread.column]);
        deliver(back, back.gradients.dt[place], ddt);
        if (back.scan.z)
            deliver(back, back.gradients.z[place],
                    element.dy * (chunk.y[t][thread.column] + D * element.x) * siluSlope(element.z));
        carried.dD += dy * element.x;
        carried.ddtBias += ddt;
    }
}

/// What was added up through time. The tiles of the chunk are free by now.
__device__ void writeSums(const Backward &back, const ScanThread &thread, const Carried &carried, Chunk &chunk)
{
    const std::int64_t place = thread.batch * back.scan.channels;
    for (int n = 0; n < laneStates; ++n)
        if (thread.has(back.scan, n))
            back.partials.A[(place + thread.channel) * back.scan.states + thread.state + n] = carried.dA[n];
    chunk.dt[thread.warp][thread.column] = carried.ddtBias;
    chunk.dy[thread.warp][thread.column] = carried.dD;
    __syncthreads();
    if (thread.warp != 0 || !thread.hasColumn)
        return;
    float dD = 0.0f;
    float ddtBias = 0.0f;
    for (int warp = 0; warp < blockWarps; ++warp) {
        ddtBias += chunk.dt[warp][thread.column];
        dD += chunk.dy[warp][thread.column];
    }
    back.partials.D[place + thread.columnChannel] = dD;
    deliver(back, back.partials.dtBias[place + thread.columnChannel], ddtBias);
}

__global__ void __launch_bounds__(scanThreads, 1) scanBackward(Backward back)
{
    __shared__ Chunk chunk;
    const SelectiveScan &scan = back.scan;
    const ScanThread thread(scan, back.firstState);
    const float bias = scan.dtBias && thread.hasColumn ? scan.dtBias[thread.columnChannel] : 0.0f;
    float rates[laneStates];
    loadRates(scan, thread, rates);
    Carried carried;
    for (std::int64_t index = ceilDivide(scan.time, scanTokens) - 1; index >= 0; --index) {
        const std::int64_t start = index * scanTokens;
        const std::int64_t row = thread.batch * scan.time + start;
        const int tokens = min(static_cast<std::int64_t>(scanTokens), scan.time - start);
        float h[laneStates];
        for (int n = 0; n < laneStates; ++n)
            h[n] = thread.has(scan, n) ? back.checkpoints[checkpointPlace(scan, thread, index) + n] : 0.0f;
        prepare(back, thread, bias, row, tokens, chunk);
        __syncthreads();
        replay(thread, rates, chunk, h);
        reverse(thread, rates, chunk, h, carried);
        __syncthreads();
        writeStates(back, thread, row, tokens, chunk);
        writeChannels(back, thread, bias, row, tokens, chunk, carried);
        __syncthreads();
    }
    writeSums(back, thread, carried, chunk);
}

Partials divided(const SelectiveScan &scan, float *workspace)
{
    const std::int64_t states = channelBlocks(scan) * scan.batch * scan.time * scan.states;
    const std::int64_t channels = scan.batch * scan.channels;
    Partials partials;
    partials.B = workspace;
    partials.C = partials.B + states;
    partials.A = partials.C + states;
    partials.D = partials.A + channels * scan.states;
    partials.dtBias = partials.D + channels;
    return partials;
}

} // namespace

std::int64_t backwardWorkspaceSize(const SelectiveScan &scan)
{
    return 2 * channelBlocks(scan) * scan.batch * scan.time * scan.states +
           scan.batch * scan.channels * (scan.states + 2);
}

void selectiveScanBackward(const SelectiveScan &scan, const float *dy, const float *checkpoints,
                           const SelectiveScanGradients &gradients, float *workspace, Stream stream)
{
    const Partials partials = divided(scan, workspace);
    const auto blocks = static_cast<unsigned>(channelBlocks(scan) * scan.batch);
    if (blocks == 0)
        return;
    for (std::int64_t state = 0; state < scan.states; state += passStates)
        scanBackward<<<blocks, scanThreads, 0, stream>>>({scan, dy, checkpoints, gradients, partials, state});
    throwIfRefused("the backward selective scan");
    const std::int64_t rows = scan.batch * scan.time;
    sumParts(partials.B, channelBlocks(scan), rows * scan.states, gradients.B, stream);
    sumParts(partials.C, channelBlocks(scan), rows * scan.states, gradients.C, stream);
    sumParts(partials.A, scan.batch, scan.channels * scan.states, gradients.A, stream);
    if (gradients.D)
        sumParts(partials.D, scan.batch, scan.channels, gradients.D, stream);
    if (gradients.dtBias)
        sumParts(partials.dtBias, scan.batch, scan.channels, gradients.dtBias, stream);
}

} // namespace ecdysis::kernels::cuda
