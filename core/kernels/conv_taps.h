// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_CONV_TAPS) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_CONV_TAPS
#undef ECDYSIS_CONV_TAPS
#else
#define ECDYSIS_CONV_TAPS
#endif

#include <algorithm>

#include "core/kernels/aligned_floats.h"
#include "core/kernels/causal_conv.h"
#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

/// Weights as [tap][channel], so that channels fill the lanes; zeros after the last channel.
struct ConvWeights
{
    explicit ConvWeights(const CausalConv &conv)
        : stride(conv.channels + lanes), weight(conv.taps * stride), bias(stride)
    {
        for (std::int64_t c = 0; c < conv.channels; ++c)
            for (std::int64_t j = 0; j < conv.taps; ++j)
                weight.data()[j * stride + c] = conv.weight[c * conv.taps + j];
        if (conv.bias)
            std::copy_n(conv.bias, conv.channels, bias.data());
    }

    FloatVector tap(std::int64_t j, std::int64_t channel) const { return load(weight.data() + j * stride + channel); }

    std::int64_t stride;
    AlignedFloats weight;
    AlignedFloats bias;
};

/// Pre-activations of one token: any number of taps, and only those that reach back to a token of the sequence.
struct SomeTaps
{
    SomeTaps(const CausalConv &conv, std::int64_t time, std::int64_t row)
        : x(conv.x + (row - conv.taps + 1) * conv.xStride), stride(conv.xStride),
          first(std::max<std::int64_t>(0, conv.taps - 1 - time)), taps(conv.taps)
    {
    }

    HWY_INLINE FloatVector sum(const ConvWeights &weights, std::int64_t channel) const
    {
        FloatVector sum = load(weights.bias.data() + channel);
        for (std::int64_t j = first; j < taps; ++j)
            sum = hn::MulAdd(weights.tap(j, channel), load(x + j * stride + channel), sum);
        return sum;
    }

    HWY_INLINE FloatVector partialSum(const ConvWeights &weights, std::int64_t channel, std::int64_t width) const
    {
        FloatVector sum = load(weights.bias.data() + channel);
        for (std::int64_t j = first; j < taps; ++j)
            sum = hn::MulAdd(weights.tap(j, channel), loadFirst(x + j * stride + channel, width, 0), sum);
        return sum;
    }

    const float *x; ///< of tap 0, which may lie before the first token
    std::int64_t stride;
    std::int64_t first;
    std::int64_t taps;
};

/// The same for a whole window of four taps: what every published model has.
struct FourTaps : SomeTaps
{
    using SomeTaps::SomeTaps;

    HWY_INLINE FloatVector sum(const ConvWeights &weights, std::int64_t channel) const
    {
        FloatVector sum = load(weights.bias.data() + channel);
        unrolled<4>([&](auto j)
                        HWY_ATTR { sum = hn::MulAdd(weights.tap(j, channel), load(x + j * stride + channel), sum); });
        return sum;
    }
};

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
