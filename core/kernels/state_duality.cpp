// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/state_duality.h"

#include "core/kernels/aligned_floats.h"
#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/state_duality.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

// The recurrence itself, three operations an element, rather than the paper's matrix form: in float32 that form does as
// many. A tile of the state (channels × states) stays in registers through a chunk of tokens, the sums over states in
// memory.
constexpr std::int64_t dualityChunk = 32;
constexpr int tileVectors = lanes == 16 ? 4 : 2;
constexpr int tileStates = 4;

/// One head over one chunk: rows of [token][channel], padded to whole vectors.
struct HeadChunk
{
    std::int64_t tokens;
    std::int64_t width;
    const float *B;
    const float *C;
    std::int64_t bcStride;
    const float *decay; ///< (tokens)
    const float *dtx;
    float *y;
};

/// Carries a tile of `vectors` · lanes channels from `channel` on and `count` states from `first` on through the chunk.
template <int vectors, int count>
HWY_NOINLINE void advanceTile(const HeadChunk &chunk, std::int64_t channel, std::int64_t first, float *states)
{
    FloatVector s[vectors * count];
    float *tile = states + first * chunk.width + channel;
    const auto place = [&](int i) HWY_ATTR { return tile + i / vectors * chunk.width + i % vectors * lanes; };
    unrolled<vectors * count>([&](auto i) HWY_ATTR { s[i] = hn::Load(floatTag, place(i)); });
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const float *B = chunk.B + t * chunk.bcStride + first;
        const float *C = chunk.C + t * chunk.bcStride + first;
        const float *dtx = chunk.dtx + t * chunk.width + channel;
        float *out = chunk.y + t * chunk.width + channel;
        const FloatVector decay = broadcast(chunk.decay[t]);
        FloatVector u[vectors];
        FloatVector y[vectors];
        unrolled<vectors>([&](auto v) HWY_ATTR {
            u[v] = hn::Load(floatTag, dtx + v * lanes);
            y[v] = hn::Load(floatTag, out + v * lanes);
        });
        unrolled<vectors * count>([&](auto i) HWY_ATTR {
            constexpr int v = i % vectors;
            constexpr int n = i / vectors;
            s[i] = hn::MulAdd(u[v], broadcast(B[n]), hn::Mul(decay, s[i]));
            y[v] = hn::MulAdd(s[i], broadcast(C[n]), y[v]);
        });
        unrolled<vectors>([&](auto v) HWY_ATTR { hn::Store(y[v], floatTag, out + v * lanes); });
    }
    unrolled<vectors * count>([&](auto i) HWY_ATTR { hn::Store(s[i], floatTag, place(i)); });
}

/// dt' and decay of a head for a chunk of tokens.
void steps(const StateDuality &ssd, std::int64_t row, std::int64_t tokens, std::int64_t head, float *dt, float *decay)
{
    const FloatVector bias = broadcast(ssd.dtBias ? ssd.dtBias[head] : 0.0f);
    const FloatVector rate = broadcast(ssd.A[head]);
    for (std::int64_t t = 0; t < tokens; ++t)
        dt[t] = ssd.dt[(row + t) * ssd.dtStride + head];
    for (std::int64_t t = 0; t < tokens; t += lanes) {
        const FloatVector raw = hn::Add(hn::Load(floatTag, dt + t), bias);
        FloatVector step = softplus(raw, exponentialOfNegative(raw));
        step = atLeast(atMost(step, broadcast(ssd.dtMax)), broadcast(ssd.dtMin));
        hn::Store(step, floatTag, dt + t);
        hn::Store(exponential(hn::Mul(step, rate)), floatTag, decay + t);
    }
}

/// The rows that a head works on.
struct HeadScratch
{
    explicit HeadScratch(const StateDuality &ssd)
        : width((ssd.headSize + lanes - 1) / lanes * lanes), dtx(dualityChunk * width), y(dualityChunk * width),
          states(ssd.states * width)
    {
    }

    std::int64_t width;
    HWY_ALIGN float dt[dualityChunk] = {};
    HWY_ALIGN float decay[dualityChunk] = {};
    AlignedFloats dtx;
    AlignedFloats y;
    AlignedFloats states; ///< [state][channel]
};

/// dt' x and D x, the start of y.
void fillRows(const StateDuality &ssd, std::int64_t row, std::int64_t tokens, std::int64_t head, HeadScratch &scratch)
{
    for (std::int64_t t = 0; t < tokens; ++t) {
        const float *x = ssd.x + (row + t) * ssd.xStride + head * ssd.headSize;
        float *dtx = scratch.dtx.data() + t * scratch.width;
        float *y = scratch.y.data() + t * scratch.width;
        for (std::int64_t p = 0; p < ssd.headSize; ++p) {
            dtx[p] = scratch.dt[t] * x[p];
            y[p] = ssd.D ? ssd.D[ssd.dPerChannel ? head * ssd.headSize + p : head] * x[p] : 0.0f;
        }
    }
}

void advanceHead(const HeadChunk &chunk, std::int64_t states, float *state)
{
    forGroups<tileStates>(states, [&](auto count, std::int64_t first) HWY_ATTR {
        forGroups<tileVectors>(chunk.width / lanes, [&](auto vectors, std::int64_t vector) HWY_ATTR {
            advanceTile<vectors, count>(chunk, vector * lanes, first, state);
        });
    });
}

void scanHead(const StateDuality &ssd, float *y, std::int64_t batch, std::int64_t head, HeadScratch &scratch)
{
    const std::int64_t group = head / (ssd.heads / ssd.groups);
    std::fill_n(scratch.states.data(), ssd.states * scratch.width, 0.0f);
    for (std::int64_t t = 0; t < ssd.time; t += dualityChunk) {
        const std::int64_t row = batch * ssd.time + t;
        const std::int64_t tokens = std::min(dualityChunk, ssd.time - t);
        steps(ssd, row, tokens, head, scratch.dt, scratch.decay);
        fillRows(ssd, row, tokens, head, scratch);
        const std::int64_t bc = row * ssd.bcStride + group * ssd.states;
        const HeadChunk chunk{tokens,       scratch.width, ssd.B + bc,         ssd.C + bc,
                              ssd.bcStride, scratch.decay, scratch.dtx.data(), scratch.y.data()};
        advanceHead(chunk, ssd.states, scratch.states.data());
        for (std::int64_t i = 0; i < tokens; ++i)
            std::copy_n(scratch.y.data() + i * scratch.width, ssd.headSize,
                        y + ((row + i) * ssd.heads + head) * ssd.headSize);
    }
}

} // namespace

/// Heads [first, last), counted through all batch rows.
void dualityPart(const StateDuality &ssd, float *y, std::int64_t first, std::int64_t last)
{
    HeadScratch scratch(ssd);
    for (std::int64_t i = first; i < last; ++i)
        scanHead(ssd, y, i / ssd.heads, i % ssd.heads, scratch);
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(dualityPart);

void stateDuality(const StateDuality &ssd, float *y)
{
    inParallel(ssd.batch * ssd.heads, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(dualityPart)(ssd, y, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
