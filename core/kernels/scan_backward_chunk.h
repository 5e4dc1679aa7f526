// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_SCAN_BACKWARD_CHUNK) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_SCAN_BACKWARD_CHUNK
#undef ECDYSIS_SCAN_BACKWARD_CHUNK
#else
#define ECDYSIS_SCAN_BACKWARD_CHUNK
#endif

#include "core/kernels/scan_chunk.h"

/// \file
/// The backward scan of one block of channels over one chunk of tokens: states are computed again from the checkpoint
/// and kept, then the recurrence runs in reverse.

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

inline constexpr std::int64_t backwardTokens = checkpointInterval;

/// States taken at once, through all blocks of a slab: their shares of dB and dC, and what the replay stores for the
/// reverse pass, then stay in the first-level cache.
inline constexpr int backwardGroup = 4;

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

/// This block's share of the operands of the chunk to come.
struct BackwardAhead
{
    Columns<const float> x;
    Columns<const float> dt;
    Columns<const float> z;
    Columns<const float> dy;
    const float *checkpoint;
};

/// A row of `lanes` for each token of the chunk in hand.
struct Rows
{
    HWY_ALIGN float values[backwardTokens * lanes];

    HWY_INLINE FloatVector get(std::int64_t t) const { return hn::Load(floatTag, values + t * lanes); }
    HWY_INLINE void set(std::int64_t t, FloatVector value) { hn::Store(value, floatTag, values + t * lanes); }
};

/// What a block keeps of a chunk while the groups of states pass.
struct BlockRows
{
    Rows dt;    ///< dt'
    Rows slope; ///< e^-|dt + bias|, then d dt' / d dt
    Rows gate;  ///< sigmoid(z)
    Rows dtx;   ///< dt' x
    Rows dy;    ///< gradient of y before the gate
    Rows y;     ///< y before the gate
    Rows sumB;  ///< Σ over states of dL/dh B
    Rows sumA;  ///< Σ over states of dL/d(decay) decay A, times log2(e)
};

/// A group's states and decays in the chunk, from the replay to the reverse pass.
struct Replayed
{
    HWY_ALIGN float h[(backwardTokens + 1) * backwardGroup * lanes];
    HWY_ALIGN float decay[backwardTokens * backwardGroup * lanes];
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
    float *dB; ///< [group of states][token][state of the group][lane], over the blocks of a slab
    float *dC;
};

/// As in the forward pass.
HWY_INLINE void prepare(const BackwardChunk &chunk, const BackwardBlock &block, BlockRows &rows)
{
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector dt = hn::Add(load(chunk.dt.row(t)), block.dtBias);
        rows.dt.set(t, dt);
        rows.slope.set(t, exponentialOfNegative(dt));
    }
    for (std::int64_t t = 0; chunk.z.data && t < chunk.tokens; ++t)
        rows.gate.set(t, sigmoid(load(chunk.z.row(t))));
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector x = load(chunk.x.row(t));
        const FloatVector raw = rows.dt.get(t);
        const FloatVector u = rows.slope.get(t);
        const FloatVector dt = softplus(raw, u);
        rows.dt.set(t, dt);
        rows.slope.set(t, sigmoid(raw, u));
        rows.dtx.set(t, hn::Mul(dt, x));
        rows.y.set(t, hn::Mul(block.D, x));
        rows.sumB.set(t, hn::Zero(floatTag));
        rows.sumA.set(t, hn::Zero(floatTag));
    }
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector dy = load(chunk.dy.row(t));
        rows.dy.set(t, chunk.z.data ? hn::Mul(dy, hn::Mul(load(chunk.z.row(t)), rows.gate.get(t))) : dy);
    }
}

/// The states of a group through the chunk once more, kept with their decays.
template <int size>
HWY_NOINLINE void replay(const BackwardChunk &chunk, const BackwardAhead &ahead, std::int64_t first,
                         const BackwardBlock &block, BlockRows &rows, Replayed &replayed)
{
    const float *rates = block.rates + first * lanes;
    FloatVector h[size];
    unrolled<size>([&](auto n) HWY_ATTR {
        h[n] = load(block.checkpoint + (first + n) * lanes);
        hn::Store(h[n], floatTag, replayed.h + n * lanes);
    });
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        if (takesTurn<size>(first, t)) {
            fetchLine(ahead.x, t);
            fetchLine(ahead.dt, t);
            fetchLine(ahead.z, t);
            fetchLine(ahead.dy, t);
            __builtin_prefetch(ahead.checkpoint + t * lanes, 0, 2);
        }
        const FloatVector dt = rows.dt.get(t);
        const FloatVector dtx = rows.dtx.get(t);
        const float *B = chunk.B.row(t) + first;
        const float *C = chunk.C.row(t) + first;
        float *keptH = replayed.h + (t + 1) * size * lanes;
        float *keptDecay = replayed.decay + t * size * lanes;
        FloatVector y[2] = {rows.y.get(t), hn::Zero(floatTag)};
        recur(dt, dtx, rates, B, C, h, y, [&](int n, FloatVector decay) HWY_ATTR {
            hn::Store(decay, floatTag, keptDecay + n * lanes);
            hn::Store(h[n], floatTag, keptH + n * lanes);
        });
        rows.y.set(t, hn::Add(y[0], y[1]));
    }
}

/// Adds to a row in memory.
HWY_INLINE void accumulate(FloatVector a, FloatVector b, float *sum)
{
    hn::Store(hn::MulAdd(a, b, hn::Load(floatTag, sum)), floatTag, sum);
}

/// From the sums over states to the gradients of the operands of token `t`.
HWY_INLINE void finish(const BackwardChunk &chunk, std::int64_t t, FloatVector D, FloatVector sumA, FloatVector sumB,
                       const BlockRows &rows, FloatVector &dD, FloatVector &ddtBias)
{
    const FloatVector one = broadcast(1.0f);
    const FloatVector x = load(chunk.x.row(t));
    const FloatVector dy = rows.dy.get(t);
    const FloatVector step = hn::MulAdd(sumA, broadcast(0.693147181f), hn::Mul(sumB, x));
    const FloatVector ddt = hn::Mul(step, rows.slope.get(t));
    storePast(hn::MulAdd(dy, D, hn::Mul(sumB, rows.dt.get(t))), chunk.dx.row(t));
    storePast(ddt, chunk.ddt.row(t));
    dD = hn::MulAdd(dy, x, dD);
    ddtBias = hn::Add(ddtBias, ddt);
    if (chunk.z.data) {
        const FloatVector z = load(chunk.z.row(t));
        const FloatVector s = rows.gate.get(t);
        const FloatVector slope = hn::Mul(s, hn::MulAdd(z, hn::Sub(one, s), one));
        storePast(hn::Mul(hn::Mul(load(chunk.dy.row(t)), rows.y.get(t)), slope), chunk.dz.row(t));
    }
}

/// The reverse recurrence of a group: dL/dh_t = decay_(t+1) dL/dh_(t+1) + C_t dL/dy_t.
template <int size>
HWY_NOINLINE void reverse(const BackwardChunk &chunk, std::int64_t first, bool last, const BackwardBlock &block,
                          BlockRows &rows, const Replayed &replayed)
{
    const float *rates = block.rates + first * lanes;
    FloatVector dh[size];
    FloatVector dA[size];
    FloatVector dD = hn::Load(floatTag, block.dD);
    FloatVector ddtBias = hn::Load(floatTag, block.ddtBias);
    unrolled<size>([&](auto n) HWY_ATTR {
        dh[n] = hn::Load(floatTag, block.dh + (first + n) * lanes);
        dA[n] = hn::Load(floatTag, block.dA + (first + n) * lanes);
    });
    for (std::int64_t t = chunk.tokens - 1; t >= 0; --t) {
        const FloatVector dt = rows.dt.get(t);
        const FloatVector dtx = rows.dtx.get(t);
        const FloatVector dy = rows.dy.get(t);
        const float *B = chunk.B.row(t) + first;
        const float *C = chunk.C.row(t) + first;
        const float *before = replayed.h + t * size * lanes;
        const float *after = before + size * lanes;
        const float *decay = replayed.decay + t * size * lanes;
        float *dB = block.dB + (first * backwardTokens + t * size) * lanes;
        float *dC = block.dC + (first * backwardTokens + t * size) * lanes;
        FloatVector sumB = rows.sumB.get(t);
        FloatVector sumA = rows.sumA.get(t);
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
        if (last) {
            finish(chunk, t, block.D, sumA, sumB, rows, dD, ddtBias);
        } else {
            rows.sumB.set(t, sumB);
            rows.sumA.set(t, sumA);
        }
    }
    hn::Store(dD, floatTag, block.dD);
    hn::Store(ddtBias, floatTag, block.ddtBias);
    unrolled<size>([&](auto n) HWY_ATTR {
        hn::Store(dh[n], floatTag, block.dh + (first + n) * lanes);
        hn::Store(dA[n], floatTag, block.dA + (first + n) * lanes);
    });
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
