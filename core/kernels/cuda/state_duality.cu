// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/cuda/state_duality.h"

#include "core/kernels/cuda/device_math.cuh"
#include "core/kernels/cuda/launch.h"

namespace ecdysis::kernels::cuda {

namespace {

// The recurrence itself: a block of threads takes some channels of a head through time, `lanes` threads a channel, each
// with 8 states in registers. More states are done in passes that add to y.
constexpr int dualityTokens = 16;
constexpr int dualityThreads = 256;
constexpr int vectors = 2; ///< of four states, in each thread

/// Operands of a chunk of tokens as they are in memory. Two of them: one is filled while the other is worked on.
template <int lanes> struct Operands
{
    static constexpr int channels = dualityThreads / lanes;
    static constexpr int states = lanes * vectors * 4;

    float4 B[dualityTokens][states / 4];
    float4 C[dualityTokens][states / 4];
    float x[dualityTokens][channels];
    float dt[dualityTokens];
};

/// What a thread works on: states of one channel of a head.
template <int lanes> struct DualityThread
{
    static constexpr int channels = Operands<lanes>::channels;

    __device__ explicit DualityThread(const StateDuality &ssd) : lane(threadIdx.x % lanes), column(threadIdx.x / lanes)
    {
        const std::int64_t parts = ceilDivide(ssd.headSize, channels);
        firstChannel = blockIdx.x % parts * channels;
        head = blockIdx.x / parts % ssd.heads;
        batch = blockIdx.x / parts / ssd.heads;
        group = head / (ssd.heads / ssd.groups);
    }

    int lane;
    int column; ///< its channel's in a tile
    std::int64_t firstChannel;
    std::int64_t head;
    std::int64_t batch;
    std::int64_t group;
};

template <int lanes>
__device__ void fetchChunk(const StateDuality &ssd, const DualityThread<lanes> &thread, std::int64_t firstState,
                           std::int64_t start, Operands<lanes> &operands)
{
    constexpr int channels = Operands<lanes>::channels;
    constexpr int states = Operands<lanes>::states;
    if (start < ssd.time) {
        const std::int64_t row = thread.batch * ssd.time + start;
        const std::int64_t bc = row * ssd.bcStride + thread.group * ssd.states + firstState;
        const int tokens = min(static_cast<std::int64_t>(dualityTokens), ssd.time - start);
        fetchTile<dualityThreads, dualityTokens, states>(&operands.B[0][0].x, ssd.B + bc, ssd.bcStride, tokens,
                                                         ssd.states - firstState);
        fetchTile<dualityThreads, dualityTokens, states>(&operands.C[0][0].x, ssd.C + bc, ssd.bcStride, tokens,
                                                         ssd.states - firstState);
        fetchTile<dualityThreads, dualityTokens, channels>(
            operands.x[0], ssd.x + row * ssd.xStride + thread.head * ssd.headSize + thread.firstChannel, ssd.xStride,
            tokens, ssd.headSize - thread.firstChannel);
        fetchTile<dualityThreads, dualityTokens, 1>(operands.dt, ssd.dt + row * ssd.dtStride + thread.head,
                                                    ssd.dtStride, tokens, 1);
    }
    __pipeline_commit(); // also an empty one: the wait counts them
}

/// dt' and decay of one token.
struct Step
{
    float dt;
    float decay;
};

__device__ Step stepOf(const StateDuality &ssd, std::int64_t head, float dt)
{
    const float step = softplus(dt + (ssd.dtBias ? ssd.dtBias[head] : 0.0f));
    const float limited = fmaxf(fminf(step, ssd.dtMax), ssd.dtMin);
    return {limited, expf(limited * ssd.A[head])};
}

/// The recurrence of one token for a thread's states; returns its share of the sum over states.
template <int lanes>
__device__ float advanceToken(const DualityThread<lanes> &thread, const Operands<lanes> &operands, int t,
                              const Step &step, float (&s)[vectors][4])
{
    const float u = step.dt * operands.x[t][thread.column];
    float sums[vectors];
#pragma unroll
    for (int k = 0; k < vectors; ++k) {
        const float4 B = operands.B[t][k * lanes + thread.lane];
        const float4 C = operands.C[t][k * lanes + thread.lane];
        s[k][0] = step.decay * s[k][0] + u * B.x;
        s[k][1] = step.decay * s[k][1] + u * B.y;
        s[k][2] = step.decay * s[k][2] + u * B.z;
        s[k][3] = step.decay * s[k][3] + u * B.w;
        sums[k] = s[k][0] * C.x + s[k][1] * C.y + s[k][2] * C.z + s[k][3] * C.w;
    }
    return sums[0] + sums[1];
}

/// Carries a thread's states through a chunk; leaves the sums over states in `y`.
template <int lanes>
__device__ void advance(const DualityThread<lanes> &thread, const Operands<lanes> &operands,
                        const Step (&steps)[dualityTokens], float (&s)[vectors][4],
                        float (&y)[dualityTokens][Operands<lanes>::channels])
{
    constexpr int kept = dualityTokens / lanes;
    float sums[dualityTokens];
#pragma unroll
    for (int t = 0; t < dualityTokens; ++t)
        sums[t] = advanceToken(thread, operands, t, steps[t], s);
    shareSums<lanes, 1, dualityTokens>(sums);
#pragma unroll
    for (int i = 0; i < kept; ++i)
        y[thread.lane * kept + i][thread.column] = sums[i];
}

template <int lanes>
__device__ void write(const StateDuality &ssd, const DualityThread<lanes> &thread, std::int64_t firstState,
                      std::int64_t row, int tokens, const Operands<lanes> &operands,
                      const float (&y)[dualityTokens][Operands<lanes>::channels], float *out)
{
    constexpr int channels = Operands<lanes>::channels;
    const std::int64_t channel = thread.firstChannel + threadIdx.x % channels;
    if (channel >= ssd.headSize)
        return;
    const std::int64_t column = thread.head * ssd.headSize + channel;
    const float D = ssd.D && firstState == 0 ? ssd.D[ssd.dPerChannel ? column : thread.head] : 0.0f;
    for (int t = threadIdx.x / channels; t < tokens; t += lanes) {
        const float sum = y[t][threadIdx.x % channels] + D * operands.x[t][threadIdx.x % channels];
        float &result = out[(row + t) * ssd.heads * ssd.headSize + column];
        result = firstState == 0 ? sum : result + sum;
    }
}

/// Calls work(vector, element, place) for each of a thread's states that exists; `place` is that in (batch, head,
/// headSize, state).
template <int lanes, typename Work>
__device__ void forStates(const StateDuality &ssd, const DualityThread<lanes> &thread, std::int64_t firstState,
                          const Work &work)
{
    const std::int64_t channel = thread.firstChannel + thread.column;
    if (channel >= ssd.headSize)
        return;
    const std::int64_t start = ((thread.batch * ssd.heads + thread.head) * ssd.headSize + channel) * ssd.states;
#pragma unroll
    for (int k = 0; k < vectors; ++k)
#pragma unroll
        for (int n = 0; n < 4; ++n) {
            const std::int64_t state = firstState + (k * lanes + thread.lane) * 4 + n;
            if (state < ssd.states)
                work(k, n, start + state);
        }
}

template <int lanes>
__global__ void __launch_bounds__(dualityThreads, 1)
    dualityForward(StateDuality ssd, std::int64_t firstState, float *out, float *leaving)
{
    __shared__ Operands<lanes> operands[2];
    __shared__ Step steps[dualityTokens];
    __shared__ float y[dualityTokens][Operands<lanes>::channels];
    const DualityThread<lanes> thread(ssd);
    float s[vectors][4] = {};
    if (ssd.entering)
        forStates(ssd, thread, firstState, [&](int k, int n, std::int64_t place) { s[k][n] = ssd.entering[place]; });
    const std::int64_t length = ssd.lengths ? ssd.lengths[thread.batch] : ssd.time;
    fetchChunk(ssd, thread, firstState, 0, operands[0]);
    for (std::int64_t start = 0, chunk = 0; start < length; start += dualityTokens, ++chunk) {
        const Operands<lanes> &current = operands[chunk % 2];
        const int tokens = min(static_cast<std::int64_t>(dualityTokens), length - start);
        fetchChunk(ssd, thread, firstState, start + dualityTokens, operands[(chunk + 1) % 2]);
        __pipeline_wait_prior(1);
        __syncthreads();
        if (threadIdx.x < dualityTokens)
            steps[threadIdx.x] = static_cast<int>(threadIdx.x) < tokens
                                     ? stepOf(ssd, thread.head, current.dt[threadIdx.x])
                                     : Step{0.0f, 1.0f};
        __syncthreads();
        advance(thread, current, steps, s, y);
        __syncthreads();
        write(ssd, thread, firstState, thread.batch * ssd.time + start, tokens, current, y, out);
        __syncthreads();
    }
    if (leaving)
        forStates(ssd, thread, firstState, [&](int k, int n, std::int64_t place) { leaving[place] = s[k][n]; });
}

template <int lanes> void launch(const StateDuality &ssd, float *y, float *leaving, Stream stream)
{
    const auto blocks =
        static_cast<unsigned>(ceilDivide(ssd.headSize, Operands<lanes>::channels) * ssd.heads * ssd.batch);
    if (blocks == 0)
        return;
    for (std::int64_t state = 0; state < ssd.states; state += Operands<lanes>::states)
        dualityForward<lanes><<<blocks, dualityThreads, 0, stream>>>(ssd, state, y, leaving);
    throwIfRefused("the Mamba-2 recurrence");
}

} // namespace

void stateDuality(const StateDuality &ssd, float *y, float *leaving, Stream stream)
{
    if (ssd.states <= Operands<8>::states)
        launch<8>(ssd, y, leaving, stream);
    else
        launch<16>(ssd, y, leaving, stream);
}

} // namespace ecdysis::kernels::cuda
