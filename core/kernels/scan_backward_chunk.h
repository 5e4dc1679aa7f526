// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_SCAN_BACKWARD_CHUNK) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_SCAN_BACKWARD_CHUNK
#undef ECDYSIS_SCAN_BACKWARD_CHUNK
#else
#define ECDYSIS_SCAN_BACKWARD_CHUNK
#endif

#include <hwy/cache_control.h>

#include "core/kernels/scan_chunk.h"

/// \file
/// The backward scan of one block of channels over one chunk of tokens: states are computed again from the checkpoint
/// and kept, then the recurrence runs in reverse.

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

inline constexpr std::int64_t backwardTokens = checkpointInterval;

/// States taken at once: with few, what one pass stores for the other stays in the first-level cache.
inline constexpr int backwardGroup = lanes == 16 ? 8 : 4;

/// One block over one chunk.
struct BackwardChunk
{
    std::int64_t tokens;
    Columns<const float> x;
    Columns<const float> dt;
    Columns<const float> z;
    Columns<const float> dy;
    Columns<const float> B;
    Columns<const float> C;
    Columns<float> dx;
    Columns<float> ddt;
    Columns<float> dz;
};

/// A row of `lanes` for each token of the chunk in hand.
struct Rows
{
    HWY_ALIGN float values[backwardTokens * lanes];

    HWY_INLINE FloatVector get(std::int64_t t) const { return hn::Load(floatTag, values + t * lanes); }
    HWY_INLINE void set(std::int64_t t, FloatVector value) { hn::Store(value, floatTag, values + t * lanes); }
};

struct BackwardScratch
{
    Rows dt;    ///< dt'
    Rows slope; ///< e^-|dt + bias|, then d dt' / d dt
    Rows gate;  ///< sigmoid(z)
    Rows dtx;   ///< dt' x
    Rows dy;    ///< gradient of y before the gate
    Rows y;     ///< y before the gate
    Rows sumB;  ///< Σ over states of dL/dh B
    Rows sumA;  ///< Σ over states of dL/d(decay) decay A, times log2(e)
    HWY_ALIGN float h[(backwardTokens + 1) * backwardGroup * lanes];
    HWY_ALIGN float decay[backwardTokens * backwardGroup * lanes];
    Rows staged[7];
};

/// A block's constants and what it adds up through time; [state][lane] where per state.
struct BackwardBlock
{
    const float *rates;
    FloatVector D;
    FloatVector dtBias;
    const float *checkpoint;
    float *dh;
    float *dA;
    float *dD;
    float *ddtBias;
    float *dB; ///< [token][state][lane], over the blocks of a slab
    float *dC;
};

/// As in the forward pass.
HWY_INLINE void prepare(const BackwardChunk &chunk, const BackwardBlock &block, BackwardScratch &scratch)
{
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector dt = hn::Add(load(chunk.dt.row(t)), block.dtBias);
        scratch.dt.set(t, dt);
        scratch.slope.set(t, exponentialOfNegative(dt));
    }
    for (std::int64_t t = 0; chunk.z.data && t < chunk.tokens; ++t)
        scratch.gate.set(t, sigmoid(load(chunk.z.row(t))));
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector x = load(chunk.x.row(t));
        const FloatVector raw = scratch.dt.get(t);
        const FloatVector u = scratch.slope.get(t);
        const FloatVector dt = softplus(raw, u);
        scratch.dt.set(t, dt);
        scratch.slope.set(t, sigmoid(raw, u));
        scratch.dtx.set(t, hn::Mul(dt, x));
        scratch.y.set(t, hn::Mul(block.D, x));
        scratch.sumB.set(t, hn::Zero(floatTag));
        scratch.sumA.set(t, hn::Zero(floatTag));
    }
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector dy = load(chunk.dy.row(t));
        scratch.dy.set(t, chunk.z.data ? hn::Mul(dy, hn::Mul(load(chunk.z.row(t)), scratch.gate.get(t))) : dy);
    }
}

HWY_INLINE void fetchNextBlock(const BackwardChunk &chunk, std::int64_t t)
{
    hwy::Prefetch(chunk.x.row(t) + lanes);
    hwy::Prefetch(chunk.dt.row(t) + lanes);
    hwy::Prefetch(chunk.dy.row(t) + lanes);
    hwy::Prefetch(chunk.dx.row(t) + lanes);
    hwy::Prefetch(chunk.ddt.row(t) + lanes);
    if (chunk.z.data) {
        hwy::Prefetch(chunk.z.row(t) + lanes);
        hwy::Prefetch(chunk.dz.row(t) + lanes);
    }
}

/// The states of a group through the chunk once more, kept with their decays.
template <int size>
HWY_NOINLINE void replay(const BackwardChunk &chunk, std::int64_t first, const BackwardBlock &block,
                         BackwardScratch &scratch)
{
    constexpr int together = decaysAtOnce<size>;
    const float *rates = block.rates + first * lanes;
    FloatVector h[size];
    unrolled<size>([&](auto n) HWY_ATTR {
        h[n] = load(block.checkpoint + (first + n) * lanes);
        hn::Store(h[n], floatTag, scratch.h + n * lanes);
    });
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        if (first == 0)
            fetchNextBlock(chunk, t);
        const FloatVector dt = scratch.dt.get(t);
        const FloatVector dtx = scratch.dtx.get(t);
        const float *B = chunk.B.row(t) + first;
        const float *C = chunk.C.row(t) + first;
        float *keptH = scratch.h + (t + 1) * size * lanes;
        float *keptDecay = scratch.decay + t * size * lanes;
        FloatVector y[2] = {scratch.y.get(t), hn::Zero(floatTag)};
        unrolled<size / together>([&](auto group) HWY_ATTR {
            constexpr int n = group * together;
            FloatVector decay[together];
            decays(dt, rates + n * lanes, decay);
            unrolled<together>([&](auto k) HWY_ATTR {
                h[n + k] = hn::MulAdd(decay[k], h[n + k], hn::Mul(dtx, broadcast(B[n + k])));
                y[k % 2] = hn::MulAdd(h[n + k], broadcast(C[n + k]), y[k % 2]);
                hn::Store(decay[k], floatTag, keptDecay + (n + k) * lanes);
                hn::Store(h[n + k], floatTag, keptH + (n + k) * lanes);
            });
        });
        scratch.y.set(t, hn::Add(y[0], y[1]));
    }
}

/// Adds to a row in memory.
HWY_INLINE void accumulate(FloatVector a, FloatVector b, float *sum)
{
    hn::Store(hn::MulAdd(a, b, hn::Load(floatTag, sum)), floatTag, sum);
}

/// The reverse recurrence of a group: dL/dh_t = decay_(t+1) dL/dh_(t+1) + C_t dL/dy_t.
template <int size>
HWY_NOINLINE void reverse(const BackwardChunk &chunk, std::int64_t first, std::int64_t states,
                          const BackwardBlock &block, BackwardScratch &scratch)
{
    const float *rates = block.rates + first * lanes;
    FloatVector dh[size];
    FloatVector dA[size];
    unrolled<size>([&](auto n) HWY_ATTR {
        dh[n] = hn::Load(floatTag, block.dh + (first + n) * lanes);
        dA[n] = hn::Load(floatTag, block.dA + (first + n) * lanes);
    });
    for (std::int64_t t = chunk.tokens - 1; t >= 0; --t) {
        const FloatVector dt = scratch.dt.get(t);
        const FloatVector dtx = scratch.dtx.get(t);
        const FloatVector dy = scratch.dy.get(t);
        const float *B = chunk.B.row(t) + first;
        const float *C = chunk.C.row(t) + first;
        const float *before = scratch.h + t * size * lanes;
        const float *after = before + size * lanes;
        const float *decay = scratch.decay + t * size * lanes;
        float *dB = block.dB + (t * states + first) * lanes;
        float *dC = block.dC + (t * states + first) * lanes;
        FloatVector sumB = scratch.sumB.get(t);
        FloatVector sumA = scratch.sumA.get(t);
        unrolled<size>([&](auto n) HWY_ATTR {
            const FloatVector q = hn::MulAdd(dy, broadcast(C[n]), dh[n]);
            sumB = hn::MulAdd(q, broadcast(B[n]), sumB);
            accumulate(q, dtx, dB + n * lanes);
            accumulate(dy, hn::Load(floatTag, after + n * lanes), dC + n * lanes);
            dh[n] = hn::Mul(q, hn::Load(floatTag, decay + n * lanes));
            const FloatVector w = hn::Mul(dh[n], hn::Load(floatTag, before + n * lanes));
            dA[n] = hn::MulAdd(w, dt, dA[n]);
            sumA = hn::MulAdd(w, hn::Load(floatTag, rates + n * lanes), sumA);
        });
        scratch.sumB.set(t, sumB);
        scratch.sumA.set(t, sumA);
    }
    unrolled<size>([&](auto n) HWY_ATTR {
        hn::Store(dh[n], floatTag, block.dh + (first + n) * lanes);
        hn::Store(dA[n], floatTag, block.dA + (first + n) * lanes);
    });
}

/// From the sums over states to the operands of each token.
HWY_INLINE void finish(const BackwardChunk &chunk, const BackwardBlock &block, const BackwardScratch &scratch)
{
    const FloatVector one = broadcast(1.0f);
    FloatVector dD = hn::Load(floatTag, block.dD);
    FloatVector ddtBias = hn::Load(floatTag, block.ddtBias);
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector x = load(chunk.x.row(t));
        const FloatVector dy = scratch.dy.get(t);
        const FloatVector sumB = scratch.sumB.get(t);
        const FloatVector step = hn::MulAdd(scratch.sumA.get(t), broadcast(0.693147181f), hn::Mul(sumB, x));
        const FloatVector ddt = hn::Mul(step, scratch.slope.get(t));
        store(hn::MulAdd(dy, block.D, hn::Mul(sumB, scratch.dt.get(t))), chunk.dx.row(t));
        store(ddt, chunk.ddt.row(t));
        dD = hn::MulAdd(dy, x, dD);
        ddtBias = hn::Add(ddtBias, ddt);
        if (chunk.z.data) {
            const FloatVector z = load(chunk.z.row(t));
            const FloatVector s = scratch.gate.get(t);
            const FloatVector slope = hn::Mul(s, hn::MulAdd(z, hn::Sub(one, s), one));
            store(hn::Mul(hn::Mul(load(chunk.dy.row(t)), scratch.y.get(t)), slope), chunk.dz.row(t));
        }
    }
    hn::Store(dD, floatTag, block.dD);
    hn::Store(ddtBias, floatTag, block.ddtBias);
}

inline void passChunk(const BackwardChunk &chunk, std::int64_t states, const BackwardBlock &block,
                      BackwardScratch &scratch)
{
    prepare(chunk, block, scratch);
    forGroups<backwardGroup>(states, [&](auto size, std::int64_t first) HWY_ATTR {
        replay<size>(chunk, first, block, scratch);
        reverse<size>(chunk, first, states, block, scratch);
    });
    finish(chunk, block, scratch);
}

/// As passChunk() for the last channels where they do not fill the lanes.
inline void passPartialChunk(const BackwardChunk &chunk, std::int64_t width, std::int64_t states,
                             const BackwardBlock &block, BackwardScratch &scratch)
{
    BackwardChunk staged = chunk;
    staged.x = stagedIn(chunk.x, chunk.tokens, width, scratch.staged[0].values);
    staged.dt = stagedIn(chunk.dt, chunk.tokens, width, scratch.staged[1].values);
    staged.z = stagedIn(chunk.z, chunk.tokens, width, scratch.staged[2].values);
    staged.dy = stagedIn(chunk.dy, chunk.tokens, width, scratch.staged[3].values);
    staged.dx = {scratch.staged[4].values, lanes};
    staged.ddt = {scratch.staged[5].values, lanes};
    staged.dz = {scratch.staged[6].values, lanes};
    passChunk(staged, states, block, scratch);
    stagedOut(staged.dx.data, chunk.tokens, width, chunk.dx);
    stagedOut(staged.ddt.data, chunk.tokens, width, chunk.ddt);
    stagedOut(staged.dz.data, chunk.tokens, width, chunk.dz);
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
