// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/selective_scan.h"

#include "core/kernels/parallel.h"
#include "core/kernels/scan_layout.h"
#include "core/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/selective_scan.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/scan_chunk.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

/// Tokens between two visits of a block; states wait in the second-level cache meanwhile.
constexpr std::int64_t forwardChunk = 64;

/// States in registers at once: of 32 vectors on AVX-512, 16 elsewhere.
constexpr int forwardGroup = lanes == 16 ? 16 : 8;

/// One block over one chunk.
struct ForwardChunk
{
    std::int64_t tokens;
    Columns<const float> x;
    Columns<const float> dt;
    Columns<const float> z;
    Columns<float> y;
    Columns<const float> B;
    Columns<const float> C;
};

/// Rows of [token][lane] of the chunk in hand.
struct ForwardScratch
{
    HWY_ALIGN float dt[forwardChunk * lanes];  ///< dt'
    HWY_ALIGN float dtx[forwardChunk * lanes]; ///< dt' x
    HWY_ALIGN float y[forwardChunk * lanes];
    HWY_ALIGN float staged[4][forwardChunk * lanes];
};

/// Fills the scratch rows; returns the largest dt' of each channel.
FloatVector prepare(const ForwardChunk &chunk, FloatVector bias, FloatVector D, ForwardScratch &scratch)
{
    FloatVector largest = hn::Zero(floatTag);
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector x = load(chunk.x.row(t));
        const FloatVector dt = softplus(hn::Add(load(chunk.dt.row(t)), bias)).value;
        largest = hn::Max(largest, dt);
        hn::Store(dt, floatTag, scratch.dt + t * lanes);
        hn::Store(hn::Mul(dt, x), floatTag, scratch.dtx + t * lanes);
        hn::Store(hn::Mul(D, x), floatTag, scratch.y + t * lanes);
    }
    return largest;
}

/// Fetches what the next block wants of a token: rows a whole matrix row apart, which hardware does not foresee, and
/// waiting for them doubles the time.
HWY_INLINE void fetchNextBlock(const ForwardChunk &chunk, std::int64_t t)
{
    hwy::Prefetch(chunk.x.row(t) + lanes);
    hwy::Prefetch(chunk.dt.row(t) + lanes);
    hwy::Prefetch(chunk.y.row(t) + lanes);
    hwy::Prefetch(chunk.z.row(t) + lanes);
}

/// Carries `size` states of a block through a chunk: 13 operations for each state and token. Four sums hide the
/// latency.
template <int size, typename Power>
HWY_NOINLINE void advance(const ForwardChunk &chunk, std::int64_t first, const float *rates, float *states,
                          ForwardScratch &scratch)
{
    const Power power;
    FloatVector h[size];
    unrolled<size>([&](auto n) HWY_ATTR { h[n] = hn::Load(floatTag, states + n * lanes); });
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        fetchNextBlock(chunk, t);
        const FloatVector dt = hn::Load(floatTag, scratch.dt + t * lanes);
        const FloatVector dtx = hn::Load(floatTag, scratch.dtx + t * lanes);
        const float *B = chunk.B.row(t) + first;
        const float *C = chunk.C.row(t) + first;
        const FloatVector zero = hn::Zero(floatTag);
        FloatVector y[4] = {hn::Load(floatTag, scratch.y + t * lanes), zero, zero, zero};
        unrolled<size>([&](auto n) HWY_ATTR {
            const FloatVector decay = power(dt, hn::Load(floatTag, rates + n * lanes));
            h[n] = hn::MulAdd(decay, h[n], hn::Mul(dtx, broadcast(B[n])));
            y[n % 4] = hn::MulAdd(h[n], broadcast(C[n]), y[n % 4]);
        });
        hn::Store(hn::Add(hn::Add(y[0], y[1]), hn::Add(y[2], y[3])), floatTag, scratch.y + t * lanes);
    }
    unrolled<size>([&](auto n) HWY_ATTR { hn::Store(h[n], floatTag, states + n * lanes); });
}

void finish(const ForwardChunk &chunk, const ForwardScratch &scratch)
{
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        FloatVector y = hn::Load(floatTag, scratch.y + t * lanes);
        if (chunk.z.data)
            y = hn::Mul(y, silu(load(chunk.z.row(t))));
        store(y, chunk.y.row(t));
    }
}

template <typename Power>
void advanceAll(const ForwardChunk &chunk, std::int64_t count, const float *rates, float *states,
                ForwardScratch &scratch)
{
    forGroups<forwardGroup>(count, [&](auto size, std::int64_t first) HWY_ATTR {
        advance<size, Power>(chunk, first, rates + first * lanes, states + first * lanes, scratch);
    });
}

void scanChunk(const ForwardChunk &chunk, const ScanChannels &channels, std::int64_t block, float *states,
               ForwardScratch &scratch)
{
    const FloatVector bias = hn::Load(floatTag, channels.dtBias.data() + block * lanes);
    const FloatVector D = hn::Load(floatTag, channels.D.data() + block * lanes);
    const FloatVector steepest = hn::Load(floatTag, channels.steepest.data() + block * lanes);
    const FloatVector largest = prepare(chunk, bias, D, scratch);
    // One comparison for a chunk in the place of limits on every exponent.
    if (hn::AllTrue(floatTag, hn::Le(hn::Mul(largest, steepest), broadcast(maximumExponent))))
        advanceAll<PlainPower>(chunk, channels.states, channels.rates(block), states, scratch);
    else
        advanceAll<LimitedPower>(chunk, channels.states, channels.rates(block), states, scratch);
    finish(chunk, scratch);
}

/// As scanChunk() for the last channels where they do not fill the lanes.
void scanPartialChunk(const ForwardChunk &chunk, std::int64_t width, const ScanChannels &channels, std::int64_t block,
                      float *states, ForwardScratch &scratch)
{
    ForwardChunk staged = chunk;
    staged.x = stagedIn(chunk.x, chunk.tokens, width, scratch.staged[0]);
    staged.dt = stagedIn(chunk.dt, chunk.tokens, width, scratch.staged[1]);
    staged.z = stagedIn(chunk.z, chunk.tokens, width, scratch.staged[2]);
    staged.y = {scratch.staged[3], lanes};
    scanChunk(staged, channels, block, states, scratch);
    stagedOut(scratch.staged[3], chunk.tokens, width, chunk.y);
}

ForwardChunk chunkOf(const SelectiveScan &scan, float *y, std::int64_t row, std::int64_t tokens, std::int64_t channel)
{
    ForwardChunk chunk;
    chunk.tokens = tokens;
    chunk.x = {scan.x + row * scan.xStride + channel, scan.xStride};
    chunk.dt = {scan.dt + row * scan.dtStride + channel, scan.dtStride};
    if (scan.z)
        chunk.z = {scan.z + row * scan.zStride + channel, scan.zStride};
    chunk.y = {y + row * scan.channels + channel, scan.channels};
    chunk.B = {scan.B + row * scan.bcStride, scan.bcStride};
    chunk.C = {scan.C + row * scan.bcStride, scan.bcStride};
    return chunk;
}

/// Panels [first, last) of one batch row.
void scanPanels(const SelectiveScan &scan, float *y, float *checkpoints, std::int64_t batch, std::int64_t first,
                std::int64_t last, ForwardScratch &scratch)
{
    const std::int64_t from = first * scanPanel;
    const std::int64_t to = std::min(last * scanPanel, scan.channels);
    const std::int64_t blocks = ceilDivide(to - from, lanes);
    const std::int64_t blockSize = scan.states * lanes;
    const std::int64_t interval = checkpoints ? checkpointInterval : forwardChunk;
    const ScanChannels channels(scan, from, to);
    AlignedFloats states(blocks * blockSize);
    for (std::int64_t t = 0; t < scan.time; t += interval) {
        const std::int64_t tokens = std::min(interval, scan.time - t);
        for (std::int64_t block = 0; block < blocks; ++block) {
            const std::int64_t channel = from + block * lanes;
            float *h = states.data() + block * blockSize;
            if (checkpoints)
                std::copy_n(h, blockSize, checkpoints + checkpointOffset(scan, batch, t, channel));
            const ForwardChunk chunk = chunkOf(scan, y, batch * scan.time + t, tokens, channel);
            if (to - channel >= lanes)
                scanChunk(chunk, channels, block, h, scratch);
            else
                scanPartialChunk(chunk, to - channel, channels, block, h, scratch);
        }
    }
}

} // namespace

/// Panels [first, last) of all batch rows, one after another.
void scanPart(const SelectiveScan &scan, float *y, float *checkpoints, std::int64_t first, std::int64_t last)
{
    ForwardScratch scratch;
    const std::int64_t perRow = ceilDivide(scan.channels, scanPanel);
    while (first < last) {
        const std::int64_t batch = first / perRow;
        const std::int64_t end = std::min(last, (batch + 1) * perRow);
        scanPanels(scan, y, checkpoints, batch, first - batch * perRow, end - batch * perRow, scratch);
        first = end;
    }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(scanPart);

std::int64_t checkpointSize(const SelectiveScan &scan)
{
    return checkpointOffset(scan, scan.batch, 0, 0);
}

void selectiveScan(const SelectiveScan &scan, float *y, float *checkpoints)
{
    const std::int64_t panels = ceilDivide(scan.channels, scanPanel);
    inParallel(scan.batch * panels, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(scanPart)(scan, y, checkpoints, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
