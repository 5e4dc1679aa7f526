// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/causal_conv.h"

#include "core/kernels/aligned_floats.h"
#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/causal_conv_backward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/conv_taps.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

/// Tokens taken at once.
constexpr std::int64_t backwardTokens = 64;

/// Channels taken at once, a thread's smallest part.
constexpr std::int64_t backwardColumns = 64;
static_assert(backwardColumns % lanes == 0);

/// Gradients of the weights of up to backwardColumns channels, [tap][channel] and [channel].
struct ConvSums
{
    explicit ConvSums(std::int64_t taps) : weight(taps * backwardColumns), bias(backwardColumns) {}

    AlignedFloats weight;
    AlignedFloats bias;
};

/// Channels [from, from + width) of tokens [first, last) of a batch row.
struct ConvChunk
{
    std::int64_t batch;
    std::int64_t first;
    std::int64_t last;
    std::int64_t from;
    std::int64_t width;
};

HWY_INLINE FloatVector loadSome(const float *from, std::int64_t count)
{
    return count >= lanes ? load(from) : loadFirst(from, count, 0);
}

HWY_INLINE void storeSome(FloatVector value, std::int64_t count, float *to)
{
    if (count >= lanes)
        store(value, to);
    else
        storeFirst(value, count, to);
}

/// Gradient of the pre-activations as rows of backwardColumns, for the chunk's tokens and the taps - 1 after them, zero
/// beyond the end: dS = dy (σ + s σ (1 - σ)).
void preActivationGradients(const CausalConv &conv, const ConvWeights &weights, const float *dy, const ConvChunk &chunk,
                            float *rows)
{
    const FloatVector one = broadcast(1.0f);
    for (std::int64_t t = chunk.first; t < chunk.last + conv.taps - 1; ++t) {
        float *out = rows + (t - chunk.first) * backwardColumns;
        if (t >= conv.time) {
            std::fill_n(out, backwardColumns, 0.0f);
            continue;
        }
        const std::int64_t row = chunk.batch * conv.time + t;
        const SomeTaps taps(conv, t, row);
        for (std::int64_t c = 0; c < chunk.width; c += lanes) {
            const std::int64_t channel = chunk.from + c;
            const std::int64_t width = chunk.width - c;
            const FloatVector s =
                width >= lanes ? taps.sum(weights, channel) : taps.partialSum(weights, channel, width);
            const FloatVector gate = sigmoid(s);
            const FloatVector slope = hn::Mul(gate, hn::MulAdd(s, hn::Sub(one, gate), one));
            hn::Store(hn::Mul(loadSome(dy + row * conv.channels + channel, width), slope), floatTag, out + c);
        }
    }
}

/// dx[t] = Σ_j weight[j] dS[t + taps - 1 - j].
void inputGradients(const CausalConv &conv, const ConvWeights &weights, const ConvChunk &chunk, const float *rows,
                    float *dx)
{
    for (std::int64_t t = chunk.first; t < chunk.last; ++t) {
        const float *last = rows + (t - chunk.first + conv.taps - 1) * backwardColumns;
        float *out = dx + (chunk.batch * conv.time + t) * conv.channels + chunk.from;
        for (std::int64_t c = 0; c < chunk.width; c += lanes) {
            FloatVector sum = hn::Zero(floatTag);
            for (std::int64_t j = 0; j < conv.taps; ++j)
                sum =
                    hn::MulAdd(weights.tap(j, chunk.from + c), hn::Load(floatTag, last - j * backwardColumns + c), sum);
            storeSome(sum, chunk.width - c, out + c);
        }
    }
}

/// dWeight[j] += Σ_t dS[t] x[t - taps + 1 + j]; dBias += Σ_t dS[t].
void weightGradients(const CausalConv &conv, const ConvChunk &chunk, const float *rows, ConvSums &sums)
{
    const std::int64_t start = chunk.batch * conv.time;
    for (std::int64_t c = 0; c < chunk.width; c += lanes) {
        const std::int64_t width = chunk.width - c;
        for (std::int64_t j = 0; j < conv.taps; ++j) {
            const std::int64_t back = conv.taps - 1 - j;
            FloatVector sum = hn::Zero(floatTag);
            for (std::int64_t t = std::max(chunk.first, back); t < chunk.last; ++t) {
                const float *x = conv.x + (start + t - back) * conv.xStride + chunk.from + c;
                sum = hn::MulAdd(hn::Load(floatTag, rows + (t - chunk.first) * backwardColumns + c), loadSome(x, width),
                                 sum);
            }
            float *total = sums.weight.data() + j * backwardColumns + c;
            hn::Store(hn::Add(hn::Load(floatTag, total), sum), floatTag, total);
        }
        FloatVector sum = hn::Zero(floatTag);
        for (std::int64_t t = chunk.first; t < chunk.last; ++t)
            sum = hn::Add(sum, hn::Load(floatTag, rows + (t - chunk.first) * backwardColumns + c));
        hn::Store(hn::Add(hn::Load(floatTag, sums.bias.data() + c), sum), floatTag, sums.bias.data() + c);
    }
}

} // namespace

/// Groups [first, last) of backwardColumns channels, through all batch rows in order.
void convBackwardPart(const CausalConv &conv, const float *dy, float *dx, float *dWeight, float *dBias,
                      std::int64_t first, std::int64_t last)
{
    const ConvWeights weights(conv);
    AlignedFloats rows((backwardTokens + conv.taps - 1) * backwardColumns);
    for (std::int64_t group = first; group < last; ++group) {
        ConvSums sums(conv.taps);
        const std::int64_t from = group * backwardColumns;
        const std::int64_t width = std::min(backwardColumns, conv.channels - from);
        for (std::int64_t batch = 0; batch < conv.batch; ++batch)
            for (std::int64_t t = 0; t < conv.time; t += backwardTokens) {
                const ConvChunk chunk{batch, t, std::min(t + backwardTokens, conv.time), from, width};
                preActivationGradients(conv, weights, dy, chunk, rows.data());
                inputGradients(conv, weights, chunk, rows.data(), dx);
                weightGradients(conv, chunk, rows.data(), sums);
            }
        for (std::int64_t c = 0; c < width; ++c)
            for (std::int64_t j = 0; j < conv.taps; ++j)
                dWeight[(from + c) * conv.taps + j] = sums.weight.data()[j * backwardColumns + c];
        if (dBias)
            std::copy_n(sums.bias.data(), width, dBias + from);
    }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(convBackwardPart);

void causalConvBackward(const CausalConv &conv, const float *dy, float *dx, float *dWeight, float *dBias)
{
    const std::int64_t columns = HWY_STATIC_DISPATCH(backwardColumns);
    inParallel((conv.channels + columns - 1) / columns, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(convBackwardPart)(conv, dy, dx, dWeight, dBias, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
