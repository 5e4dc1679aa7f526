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

/// What a slab adds up, as [block][state][lane] or [block][lane], and for the chunk in hand as [token][state][lane].
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

/// Adds up the lanes of `count` rows and clears them.
void takeLaneSums(float *rows, std::int64_t count, float *sums)
{
    for (std::int64_t i = 0; i < count; ++i) {
        sums[i] = hn::GetLane(hn::SumOfLanes(floatTag, hn::Load(floatTag, rows + i * lanes)));
        hn::Store(hn::Zero(floatTag), floatTag, rows + i * lanes);
    }
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

void passSlab(const SelectiveScan &scan, const float *dy, const float *checkpoints,
              const SelectiveScanGradients &gradients, const ScanPartials &partials, std::int64_t batch,
              std::int64_t slab, BackwardScratch &scratch)
{
    const std::int64_t from = slab * scanSlab;
    const std::int64_t to = std::min(from + scanSlab, scan.channels);
    const std::int64_t blocks = ceilDivide(to - from, lanes);
    const ScanChannels channels(scan, from, to);
    SlabSums sums(blocks, scan.states);
    for (std::int64_t chunk = ceilDivide(scan.time, backwardTokens) - 1; chunk >= 0; --chunk) {
        const std::int64_t t = chunk * backwardTokens;
        const std::int64_t row = batch * scan.time + t;
        const std::int64_t tokens = std::min(backwardTokens, scan.time - t);
        for (std::int64_t i = 0; i < blocks; ++i) {
            const std::int64_t channel = from + i * lanes;
            const float *checkpoint = checkpoints + checkpointOffset(scan, batch, t, channel);
            const BackwardBlock block = blockOf(channels, i, checkpoint, sums);
            const BackwardChunk operands = chunkOf(scan, dy, gradients, row, tokens, channel);
            if (to - channel >= lanes)
                passChunk(operands, scan.states, block, scratch);
            else
                passPartialChunk(operands, to - channel, scan.states, block, scratch);
        }
        const std::int64_t place = (slab * scan.batch * scan.time + row) * scan.states;
        takeLaneSums(sums.dB.data(), tokens * scan.states, partials.B + place);
        takeLaneSums(sums.dC.data(), tokens * scan.states, partials.C + place);
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
