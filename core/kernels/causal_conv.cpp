// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/causal_conv.h"

#include "core/kernels/aligned_floats.h"
#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/causal_conv.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/conv_taps.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

/// Tokens and columns that are taken together: their rows stay in the first-level
/// cache for all taps, and a run of columns is long enough for the hardware to fetch ahead.
constexpr std::int64_t convChunk = 64;
constexpr std::int64_t convColumns = 256;

/// Tokens [first, last) of one batch row, columns [from, to).
template <typename Taps>
void convolve(const CausalConv &conv, const ConvWeights &weights, float *y, std::int64_t batch, std::int64_t first,
              std::int64_t last, std::int64_t from, std::int64_t to)
{
    for (std::int64_t t = first; t < last; ++t) {
        const std::int64_t row = batch * conv.time + t;
        const Taps taps(conv, t, row);
        float *out = y + row * conv.channels;
        std::int64_t c = from;
        for (; c + lanes <= to; c += lanes)
            store(silu(taps.sum(weights, c)), out + c);
        if (c < to)
            storeFirst(silu(taps.partialSum(weights, c, to - c)), to - c, out + c);
    }
}

} // namespace

/// Rows [first, last), counted through the batch.
void convPart(const CausalConv &conv, float *y, std::int64_t first, std::int64_t last)
{
    const ConvWeights weights(conv);
    while (first < last) {
        const std::int64_t batch = first / conv.time;
        const std::int64_t begin = first - batch * conv.time;
        const std::int64_t end = std::min({begin + convChunk, conv.time, begin + last - first});
        // Tokens before the first whole window see zeros.
        const std::int64_t whole = std::clamp(conv.taps - 1, begin, end);
        for (std::int64_t from = 0; from < conv.channels; from += convColumns) {
            const std::int64_t to = std::min(from + convColumns, conv.channels);
            convolve<SomeTaps>(conv, weights, y, batch, begin, whole, from, to);
            if (conv.taps == 4)
                convolve<FourTaps>(conv, weights, y, batch, whole, end, from, to);
            else
                convolve<SomeTaps>(conv, weights, y, batch, whole, end, from, to);
        }
        first += end - begin;
    }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(convPart);

void causalConv(const CausalConv &conv, float *y)
{
    inParallel(conv.batch * conv.time, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(convPart)(conv, y, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
