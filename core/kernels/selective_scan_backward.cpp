// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/selective_scan.h"

#include "core/kernels/aligned_floats.h"
#include "core/kernels/parallel.h"
#include "core/kernels/scan_layout.h"
#include "core/kernels/targets.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/selective_scan_backward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/scan_backward_chunk.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

BackwardChunk chunkOf(const SelectiveScan &scan, const float *dy, const SelectiveScanGradients &gradients,
                      std::int64_t row, std::int64_t tokens, std::int64_t channel)
{
    const std::int64_t place = row * scan.channels + channel;
    BackwardChunk chunk;
    chunk.tokens = tokens;
    chunk.x = {scan.x + row * scan.xStride + channel, scan.xStride};
    chunk.dt = {scan.dt + row * scan.dtStride + channel, scan.dtStride};
    chunk.dy = {dy + place, scan.channels};
    chunk.B = {scan.B + row * scan.bcStride, scan.bcStride};
    chunk.C = {scan.C + row * scan.bcStride, scan.bcStride};
    chunk.dx = {gradients.x + place, scan.channels};
    chunk.ddt = {gradients.dt + place, scan.channels};
    if (scan.z) {
        chunk.z = {scan.z + row * scan.zStride + channel, scan.zStride};
        chunk.dz = {gradients.z + place, scan.channels};
    }
    return chunk;
}

/// What a slab adds up, as [block][state][lane] or [block][lane]; dB and dC, of the chunk in hand: see BackwardBlock.
struct SlabSums
{
    SlabSums(std::int64_t blocks, std::int64_t states)
        : dh(blocks * states * lanes), dA(blocks * states * lanes), dD(blocks * lanes), ddtBias(blocks * lanes),
          dB(backwardTokens * states * lanes), dC(backwardTokens * states * lanes)
    {
    }

    AlignedFloats dh;
    AlignedFloats dA;
    AlignedFloats dD;
    AlignedFloats ddtBias;
    AlignedFloats dB;
    AlignedFloats dC;
};

BackwardBlock blockOf(const ScanChannels &channels, std::int64_t block, const float *checkpoint, SlabSums &sums)
{
    const std::int64_t place = block * channels.states * lanes;
    BackwardBlock result;
    result.rates = channels.rates(block);
    result.D = hn::Load(floatTag, channels.D.data() + block * lanes);
    result.dtBias = hn::Load(floatTag, channels.dtBias.data() + block * lanes);
    result.checkpoint = checkpoint;
    result.dh = sums.dh.data() + place;
    result.dA = sums.dA.data() + place;
    result.dD = sums.dD.data() + block * lanes;
    result.ddtBias = sums.ddtBias.data() + block * lanes;
    result.dB = sums.dB.data();
    result.dC = sums.dC.data();
    return result;
}

/// The sums of `count` rows of lanes, as many as there are lanes or fewer, in their order.
template <std::int64_t count> HWY_INLINE FloatVector sumsOfRows(const float *rows)
{
#if HWY_TARGET != HWY_SCALAR
    if constexpr (count > 1) {
        const FloatVector low = sumsOfRows<count / 2>(rows);
        const FloatVector high = sumsOfRows<count / 2>(rows + count / 2 * lanes);
        return hn::Add(hn::ConcatEven(floatTag, high, low), hn::ConcatOdd(floatTag, high, low));
    }
#endif
    return hn::Load(floatTag, rows);
}

/// Adds up the lanes of what a chunk left (layout: BackwardBlock::dB) to (token, states), and clears it.
void takeLaneSums(AlignedFloats &rows, std::int64_t tokens, std::int64_t states, float *sums)
{
    forGroups<backwardGroup>(states, [&](auto size, std::int64_t first) HWY_ATTR {
        HWY_ALIGN float group[backwardTokens * size];
        const float *from = rows.data() + first * backwardTokens * lanes;
        for (std::int64_t i = 0; i < backwardTokens * size; i += lanes)
            hn::Store(sumsOfRows<lanes>(from + i * lanes), floatTag, group + i);
        for (std::int64_t t = 0; t < tokens; ++t)
            std::copy_n(group + t * size, size(), sums + t * states + first);
    });
    std::fill_n(rows.data(), backwardTokens * states * lanes, 0.0f);
}

/// Sums through time of channels [from, to), from lanes to rows.
void storeChannelSums(const SelectiveScan &scan, const SlabSums &sums, std::int64_t batch, std::int64_t from,
                      std::int64_t to, const ScanPartials &partials)
{
    for (std::int64_t c = 0; c < to - from; ++c) {
        const std::int64_t row = batch * scan.channels + from + c;
        const float *dA = sums.dA.data() + c / lanes * scan.states * lanes + c % lanes;
        for (std::int64_t n = 0; n < scan.states; ++n)
            partials.A[row * scan.states + n] = dA[n * lanes];
        partials.D[row] = sums.dD.data()[c];
        partials.dtBias[row] = sums.ddtBias.data()[c];
    }
}

/// Where the operands of `block` and its neighbours lie `backwardTokens` before `row`, the share of one block of many.
BackwardAhead aheadOf(const SelectiveScan &scan, const float *dy, const float *checkpoint, std::int64_t row,
                      std::int64_t from, std::int64_t block)
{
    row = std::max<std::int64_t>(0, row - backwardTokens + block % fetchedBlocks * (backwardTokens / fetchedBlocks));
    const std::int64_t channel = from + block / fetchedBlocks * fetchedBlocks * lanes;
    return {{scan.x + row * scan.xStride + channel, scan.xStride},
            {scan.dt + row * scan.dtStride + channel, scan.dtStride},
            {scan.z ? scan.z + row * scan.zStride + channel : scan.x, scan.zStride},
            {dy + row * scan.channels + channel, scan.channels},
            checkpoint - checkpointOffset(scan, 1, 0, 0) / ceilDivide(scan.time, checkpointInterval)};
}

/// Contiguous copies of the operands and results of channels that do not fill the lanes.
struct Staged
{
    Rows rows[7];

    BackwardChunk in(const BackwardChunk &chunk, std::int64_t width)
    {
        BackwardChunk staged = chunk;
        staged.x = stagedIn(chunk.x, chunk.tokens, width, rows[0].values);
        staged.dt = stagedIn(chunk.dt, chunk.tokens, width, rows[1].values);
        staged.z = stagedIn(chunk.z, chunk.tokens, width, rows[2].values);
        staged.dy = stagedIn(chunk.dy, chunk.tokens, width, rows[3].values);
        staged.dx = {rows[4].values, lanes};
        staged.ddt = {rows[5].values, lanes};
        staged.dz = {rows[6].values, lanes};
        return staged;
    }

    void out(const BackwardChunk &chunk, std::int64_t width) const
    {
        stagedOut(rows[4].values, chunk.tokens, width, chunk.dx);
        stagedOut(rows[5].values, chunk.tokens, width, chunk.ddt);
        stagedOut(rows[6].values, chunk.tokens, width, chunk.dz);
    }
};

/// What a thread works with: a slab's rows and the group in hand.
struct BackwardScratch
{
    BlockRows rows[scanSlab / lanes];
    Replayed replayed;
    Staged staged;
};

/// A block of the slab in the chunk in hand.
struct SlabBlock
{
    BackwardChunk chunk;
    BackwardAhead ahead;
    BackwardBlock block;
};

/// All blocks of a slab through one chunk; `width`: channels of the last block.
void passChunk(SlabBlock (&slab)[scanSlab / lanes], std::int64_t blocks, std::int64_t width, std::int64_t states,
               BackwardScratch &scratch)
{
    const BackwardChunk last = slab[blocks - 1].chunk;
    if (width < lanes)
        slab[blocks - 1].chunk = scratch.staged.in(last, width);
    for (std::int64_t i = 0; i < blocks; ++i)
        prepare(slab[i].chunk, slab[i].block, scratch.rows[i]);
    forGroups<backwardGroup>(states, [&](auto size, std::int64_t first) HWY_ATTR {
        for (std::int64_t i = 0; i < blocks; ++i) {
            replay<size>(slab[i].chunk, slab[i].ahead, first, slab[i].block, scratch.rows[i], scratch.replayed);
            reverse<size>(slab[i].chunk, first, first + size == states, slab[i].block, scratch.rows[i],
                          scratch.replayed);
        }
    });
    if (width < lanes)
        scratch.staged.out(last, width);
}

void passSlab(const SelectiveScan &scan, const float *dy, const float *checkpoints,
              const SelectiveScanGradients &gradients, const ScanPartials &partials, std::int64_t batch,
              std::int64_t slab, BackwardScratch &scratch)
{
    const std::int64_t from = slab * scanSlab;
    const std::int64_t to = std::min(from + scanSlab, scan.channels);
    const std::int64_t blocks = ceilDivide(to - from, lanes);
    const ScanChannels channels(scan, from, to);
    SlabSums sums(blocks, scan.states);
    SlabBlock parts[scanSlab / lanes];
    for (std::int64_t chunk = ceilDivide(scan.time, backwardTokens) - 1; chunk >= 0; --chunk) {
        const std::int64_t t = chunk * backwardTokens;
        const std::int64_t row = batch * scan.time + t;
        const std::int64_t tokens = std::min(backwardTokens, scan.time - t);
        for (std::int64_t i = 0; i < blocks; ++i) {
            const std::int64_t channel = from + i * lanes;
            const float *checkpoint = checkpoints + checkpointOffset(scan, batch, t, channel);
            parts[i] = {chunkOf(scan, dy, gradients, row, tokens, channel), aheadOf(scan, dy, checkpoint, row, from, i),
                        blockOf(channels, i, checkpoint, sums)};
        }
        passChunk(parts, blocks, to - from - (blocks - 1) * lanes, scan.states, scratch);
        const std::int64_t place = (slab * scan.batch * scan.time + row) * scan.states;
        takeLaneSums(sums.dB, tokens, scan.states, partials.B + place);
        takeLaneSums(sums.dC, tokens, scan.states, partials.C + place);
    }
    storeChannelSums(scan, sums, batch, from, to, partials);
}

} // namespace

/// Slabs [first, last), counted through all batch rows.
void passPart(const SelectiveScan &scan, const float *dy, const float *checkpoints,
              const SelectiveScanGradients &gradients, const ScanPartials &partials, std::int64_t first,
              std::int64_t last)
{
    BackwardScratch scratch;
    const std::int64_t slabs = ceilDivide(scan.channels, scanSlab);
    for (std::int64_t i = first; i < last; ++i)
        passSlab(scan, dy, checkpoints, gradients, partials, i / slabs, i % slabs, scratch);
    hwy::FlushStream();
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(passPart);

namespace {

/// sums[i] = Σ over k of parts[k · count + i], in the order of k.
void addParts(const float *parts, std::int64_t number, std::int64_t count, float *sums)
{
    if (!sums)
        return;
    inParallel(count, [&](std::int64_t first, std::int64_t last) {
        std::copy(parts + first, parts + last, sums + first);
        for (std::int64_t k = 1; k < number; ++k)
            for (std::int64_t i = first; i < last; ++i)
                sums[i] += parts[k * count + i];
    });
}

} // namespace

void selectiveScanBackward(const SelectiveScan &scan, const float *dy, const float *checkpoints,
                           const SelectiveScanGradients &gradients)
{
    const std::int64_t slabs = ceilDivide(scan.channels, scanSlab);
    const std::int64_t perToken = scan.batch * scan.time * scan.states;
    AlignedFloats B(slabs * perToken);
    AlignedFloats C(slabs * perToken);
    AlignedFloats A(scan.batch * scan.channels * scan.states);
    AlignedFloats D(scan.batch * scan.channels);
    AlignedFloats dtBias(scan.batch * scan.channels);
    const ScanPartials partials{B.data(), C.data(), A.data(), D.data(), dtBias.data()};
    inParallel(scan.batch * slabs, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(passPart)(scan, dy, checkpoints, gradients, partials, first, last);
    });
    addParts(B.data(), slabs, perToken, gradients.B);
    addParts(C.data(), slabs, perToken, gradients.C);
    addParts(A.data(), scan.batch, scan.channels * scan.states, gradients.A);
    addParts(D.data(), scan.batch, scan.channels, gradients.D);
    addParts(dtBias.data(), scan.batch, scan.channels, gradients.dtBias);
}

} // namespace ecdysis::kernels
#endif
