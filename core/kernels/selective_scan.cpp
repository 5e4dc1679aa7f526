// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/selective_scan.h"

#include "core/kernels/parallel.h"
#include "core/kernels/scan_layout.h"
#include "core/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/selective_scan.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/scan_chunk.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

/// Tokens between two visits of a block; states wait in the second-level cache meanwhile.
constexpr std::int64_t forwardChunk = 32;

/// States in registers at once; more of them would push the constants of the exponential out.
constexpr int forwardGroup = 8;

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

/// Where the operands begin that the blocks after these ones will read.
struct Ahead
{
    Columns<const float> x;
    Columns<const float> dt;
    Columns<const float> z;
};

/// Rows of [token][lane] of the chunk in hand.
struct ForwardScratch
{
    HWY_ALIGN float dt[forwardChunk * lanes];   ///< dt + bias, then dt'
    HWY_ALIGN float dtx[forwardChunk * lanes];  ///< e^-|dt + bias|, then dt' x
    HWY_ALIGN float gate[forwardChunk * lanes]; ///< e^-z
    HWY_ALIGN float y[forwardChunk * lanes];
    HWY_ALIGN float staged[4][forwardChunk * lanes];
};

/// Fills the scratch rows. Short loops: one long chain of operations a token would leave the processor waiting.
void prepare(const ForwardChunk &chunk, FloatVector bias, FloatVector D, ForwardScratch &scratch)
{
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector dt = hn::Add(load(chunk.dt.row(t)), bias);
        hn::Store(dt, floatTag, scratch.dt + t * lanes);
        hn::Store(exponentialOfNegative(dt), floatTag, scratch.dtx + t * lanes);
    }
    for (std::int64_t t = 0; chunk.z.data && t < chunk.tokens; ++t)
        hn::Store(exponential(hn::Neg(load(chunk.z.row(t)))), floatTag, scratch.gate + t * lanes);
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        const FloatVector x = load(chunk.x.row(t));
        const FloatVector dt =
            softplus(hn::Load(floatTag, scratch.dt + t * lanes), hn::Load(floatTag, scratch.dtx + t * lanes));
        hn::Store(dt, floatTag, scratch.dt + t * lanes);
        hn::Store(hn::Mul(dt, x), floatTag, scratch.dtx + t * lanes);
        hn::Store(hn::Mul(D, x), floatTag, scratch.y + t * lanes);
    }
}

/// Carries `size` states of a block through a chunk: on AVX-512 11 operations for each state and token.
template <int size>
HWY_NOINLINE void advance(const ForwardChunk &chunk, const Ahead &ahead, std::int64_t first, const float *rates,
                          float *states, ForwardScratch &scratch)
{
    const std::int64_t tokens = chunk.tokens; // copies: nothing stored below can change them
    const std::int64_t stride = chunk.B.stride;
    FloatVector h[size];
    unrolled<size>([&](auto n) HWY_ATTR { h[n] = hn::Load(floatTag, states + n * lanes); });
    const float *B = chunk.B.data + first;
    const float *C = chunk.C.data + first;
    for (std::int64_t t = 0; t < tokens; ++t, B += stride, C += stride) {
        if (takesTurn<size>(first, t)) {
            fetchLine(ahead.x, t);
            fetchLine(ahead.dt, t);
            fetchLine(ahead.z, t);
        }
        const FloatVector dt = hn::Load(floatTag, scratch.dt + t * lanes);
        const FloatVector dtx = hn::Load(floatTag, scratch.dtx + t * lanes);
        FloatVector y[2] = {hn::Load(floatTag, scratch.y + t * lanes), hn::Zero(floatTag)};
        recur(dt, dtx, rates, B, C, h, y, [](int, FloatVector) HWY_ATTR {});
        hn::Store(hn::Add(y[0], y[1]), floatTag, scratch.y + t * lanes);
    }
    unrolled<size>([&](auto n) HWY_ATTR { hn::Store(h[n], floatTag, states + n * lanes); });
}

void finish(const ForwardChunk &chunk, const ForwardScratch &scratch)
{
    for (std::int64_t t = 0; t < chunk.tokens; ++t) {
        FloatVector y = hn::Load(floatTag, scratch.y + t * lanes);
        if (chunk.z.data) {
            const FloatVector sum = hn::Add(broadcast(1.0f), hn::Load(floatTag, scratch.gate + t * lanes));
            y = hn::Mul(y, hn::Mul(load(chunk.z.row(t)), reciprocal(sum)));
        }
        storePast(y, chunk.y.row(t));
    }
}

void scanChunk(const ForwardChunk &chunk, const Ahead &ahead, const ScanChannels &channels, std::int64_t block,
               float *states, ForwardScratch &scratch)
{
    const FloatVector bias = hn::Load(floatTag, channels.dtBias.data() + block * lanes);
    const FloatVector D = hn::Load(floatTag, channels.D.data() + block * lanes);
    prepare(chunk, bias, D, scratch);
    forGroups<forwardGroup>(channels.states, [&](auto size, std::int64_t first) HWY_ATTR {
        advance<size>(chunk, ahead, first, channels.rates(block) + first * lanes, states + first * lanes, scratch);
    });
    finish(chunk, scratch);
}

/// As scanChunk() for the last channels where they do not fill the lanes.
void scanPartialChunk(const ForwardChunk &chunk, const Ahead &ahead, std::int64_t width, const ScanChannels &channels,
                      std::int64_t block, float *states, ForwardScratch &scratch)
{
    ForwardChunk staged = chunk;
    staged.x = stagedIn(chunk.x, chunk.tokens, width, scratch.staged[0]);
    staged.dt = stagedIn(chunk.dt, chunk.tokens, width, scratch.staged[1]);
    staged.z = stagedIn(chunk.z, chunk.tokens, width, scratch.staged[2]);
    staged.y = {scratch.staged[3], lanes};
    scanChunk(staged, ahead, channels, block, states, scratch);
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

/// The share of `block` in fetching what follows its group of blocks: the next group or, at `to`, the next tokens.
Ahead aheadOf(const SelectiveScan &scan, std::int64_t row, std::int64_t tokens, std::int64_t block, std::int64_t from,
              std::int64_t to)
{
    std::int64_t channel = from + (block / fetchedBlocks + 1) * fetchedBlocks * lanes;
    row += block % fetchedBlocks * ceilDivide(tokens, fetchedBlocks);
    if (channel >= to) {
        channel = from;
        row += tokens;
    }
    row = std::min(row, scan.batch * scan.time - 1);
    return {{scan.x + row * scan.xStride + channel, scan.xStride},
            {scan.dt + row * scan.dtStride + channel, scan.dtStride},
            {scan.z ? scan.z + row * scan.zStride + channel : scan.x, scan.zStride}};
}

/// Where the states of a channel are that enter or leave a row.
std::int64_t statesPlace(const SelectiveScan &scan, std::int64_t batch, std::int64_t channel)
{
    return (batch * scan.channels + channel) * scan.states;
}

/// Fills [state][lane] from the states of `width` channels, (channel, state).
void readStates(const float *from, std::int64_t states, std::int64_t width, float *h)
{
    for (std::int64_t c = 0; c < width; ++c)
        for (std::int64_t n = 0; n < states; ++n)
            h[n * lanes + c] = from[c * states + n];
}

void writeStates(const float *h, std::int64_t states, std::int64_t width, float *to)
{
    for (std::int64_t c = 0; c < width; ++c)
        for (std::int64_t n = 0; n < states; ++n)
            to[c * states + n] = h[n * lanes + c];
}

/// Panels [first, last) of one batch row.
void scanPanels(const SelectiveScan &scan, const ScanOutputs &outputs, std::int64_t batch, std::int64_t first,
                std::int64_t last, ForwardScratch &scratch)
{
    const auto &[y, checkpoints, leaving] = outputs;
    const std::int64_t from = first * scanPanel;
    const std::int64_t to = std::min(last * scanPanel, scan.channels);
    const std::int64_t blocks = ceilDivide(to - from, lanes);
    const std::int64_t blockSize = scan.states * lanes;
    const std::int64_t interval = checkpoints ? checkpointInterval : forwardChunk;
    const ScanChannels channels(scan, from, to);
    AlignedFloats states(blocks * blockSize);
    const auto forBlocks = [&](const auto &work) {
        for (std::int64_t block = 0; block < blocks; ++block) {
            const std::int64_t channel = from + block * lanes;
            work(states.data() + block * blockSize, std::min(lanes, to - channel), statesPlace(scan, batch, channel));
        }
    };
    if (scan.entering)
        forBlocks([&](float *h, std::int64_t width, std::int64_t place) {
            readStates(scan.entering + place, scan.states, width, h);
        });
    const std::int64_t length = scan.lengths ? scan.lengths[batch] : scan.time;
    for (std::int64_t t = 0; t < length; t += interval) {
        const std::int64_t tokens = std::min(interval, length - t);
        for (std::int64_t block = 0; block < blocks; ++block) {
            const std::int64_t channel = from + block * lanes;
            float *h = states.data() + block * blockSize;
            if (checkpoints)
                std::copy_n(h, blockSize, checkpoints + checkpointOffset(scan, batch, t, channel));
            const std::int64_t row = batch * scan.time + t;
            const ForwardChunk chunk = chunkOf(scan, y, row, tokens, channel);
            const Ahead ahead = aheadOf(scan, row, tokens, block, from, to);
            if (to - channel >= lanes)
                scanChunk(chunk, ahead, channels, block, h, scratch);
            else
                scanPartialChunk(chunk, ahead, to - channel, channels, block, h, scratch);
        }
    }
    if (leaving)
        forBlocks([&, leaving = leaving](const float *h, std::int64_t width, std::int64_t place) {
            writeStates(h, scan.states, width, leaving + place);
        });
}

} // namespace

/// Panels [first, last) of all batch rows, one after another.
void scanPart(const SelectiveScan &scan, const ScanOutputs &outputs, std::int64_t first, std::int64_t last)
{
    ForwardScratch scratch;
    const std::int64_t perRow = ceilDivide(scan.channels, scanPanel);
    while (first < last) {
        const std::int64_t batch = first / perRow;
        const std::int64_t end = std::min(last, (batch + 1) * perRow);
        scanPanels(scan, outputs, batch, first - batch * perRow, end - batch * perRow, scratch);
        first = end;
    }
    hwy::FlushStream();
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

void selectiveScan(const SelectiveScan &scan, float *y, float *checkpoints, float *leaving)
{
    const ScanOutputs outputs{y, checkpoints, leaving};
    const std::int64_t panels = ceilDivide(scan.channels, scanPanel);
    inParallel(scan.batch * panels, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(scanPart)(scan, outputs, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
