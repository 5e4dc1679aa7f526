// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_SIMD_MATH) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_SIMD_MATH
#undef ECDYSIS_SIMD_MATH
#else
#define ECDYSIS_SIMD_MATH
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using FloatVector = hn::Vec<FloatTag>;
inline constexpr FloatTag floatTag;
inline constexpr std::int64_t lanes = hn::MaxLanes(FloatTag());

/// Calls f(std::integral_constant<int, 0>) ... f(<count - 1>): a loop whose arrays of vectors stay in registers.
template <int count, typename Function> HWY_INLINE void unrolled(Function &&f)
{
    [&]<int... index>(std::integer_sequence<int, index...>) HWY_ATTR __attribute__((always_inline))
    {
        (f(std::integral_constant<int, index>()), ...);
    }
    (std::make_integer_sequence<int, count>());
}

/// Calls f(std::integral_constant<int, size>, first) for groups of `largest`, then of half that, ... to cover [0,
/// count).
template <int largest, typename Function> HWY_INLINE void forGroups(std::int64_t count, const Function &f)
{
    const auto cover = [&]<int size>(const auto &self, std::integral_constant<int, size> group, std::int64_t first)
                           HWY_ATTR -> void {
        for (; count - first >= size; first += size)
            f(group, first);
        if constexpr (size > 1)
            self(self, std::integral_constant<int, size / 2>(), first);
    };
    cover(cover, std::integral_constant<int, largest>(), 0);
}

HWY_INLINE FloatVector load(const float *from)
{
    return hn::LoadU(floatTag, from);
}
HWY_INLINE FloatVector broadcast(float value)
{
    return hn::Set(floatTag, value);
}
HWY_INLINE void store(FloatVector value, float *to)
{
    hn::StoreU(value, floatTag, to);
}

/// The first `count` elements, `rest` in the other lanes.
HWY_INLINE FloatVector loadFirst(const float *from, std::int64_t count, float rest)
{
    HWY_ALIGN float buffer[lanes];
    for (std::int64_t i = 0; i < lanes; ++i)
        buffer[i] = i < count ? from[i] : rest;
    return hn::Load(floatTag, buffer);
}

HWY_INLINE void storeFirst(FloatVector value, std::int64_t count, float *to)
{
    HWY_ALIGN float buffer[lanes];
    hn::Store(value, floatTag, buffer);
    for (std::int64_t i = 0; i < count; ++i)
        to[i] = buffer[i];
}

/// Sum of all lanes in double precision, in the order of the lanes.
HWY_INLINE double sumOfLanes(FloatVector value)
{
    HWY_ALIGN float buffer[lanes];
    hn::Store(value, floatTag, buffer);
    double sum = 0;
    for (const float lane : buffer)
        sum += static_cast<double>(lane);
    return sum;
}

/// max(x, bound) and min(x, bound), but NaN for NaN: x86 returns the second operand then, other machines vary.
HWY_INLINE FloatVector atLeast(FloatVector x, FloatVector bound)
{
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    return hn::Max(bound, x);
#else
    return hn::IfThenElse(hn::Lt(x, bound), bound, x);
#endif
}

HWY_INLINE FloatVector atMost(FloatVector x, FloatVector bound)
{
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    return hn::Min(bound, x);
#else
    return hn::IfThenElse(hn::Gt(x, bound), bound, x);
#endif
}

/// 1 / x for normal x: an estimate of at least 12 bits and one Newton step where the machine has one.
HWY_INLINE FloatVector reciprocal(FloatVector x)
{
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    const FloatVector estimate = hn::ApproximateReciprocal(x);
    return hn::Mul(estimate, hn::NegMulAdd(x, estimate, broadcast(2.0f)));
#else
    return hn::Div(broadcast(1.0f), x);
#endif
}

/// The largest |a b| that powerOfTwo(a, b) takes.
inline constexpr float maximumExponent = 125.0f;

/// 2^f 2^n from f in [-1/2, 1/2] and `shifted` = n + 1.5 · 2^23, whose low bits are n. The polynomial 1 + f q(f), q of
/// degree 4 fitted by Remez' exchange, errs by at most 1e-7 of the value and by less as f goes to 0: a decay near one,
/// taken thousands of times, has no bias.
HWY_INLINE FloatVector scaledPower(FloatVector f, FloatVector shifted)
{
    const hn::RebindToSigned<FloatTag> bits;
    FloatVector p = broadcast(1.32658359594e-3f);
    p = hn::MulAdd(p, f, broadcast(9.67085363559e-3f));
    p = hn::MulAdd(p, f, broadcast(5.55072169759e-2f));
    p = hn::MulAdd(p, f, broadcast(2.40222562310e-1f));
    p = hn::MulAdd(p, f, broadcast(6.93146996901e-1f));
    p = hn::MulAdd(p, f, broadcast(1.0f));
    const auto exponent = hn::ShiftLeft<23>(hn::BitCast(bits, shifted));
    return hn::BitCast(floatTag, hn::Add(hn::BitCast(bits, p), exponent));
}

/// 2^(a b) for |a b| <= maximumExponent. Adding 1.5 · 2^23 rounds to an integer; products are not rounded where the
/// machine has fused operations.
HWY_INLINE FloatVector powerOfTwo(FloatVector a, FloatVector b)
{
    const FloatVector magic = broadcast(12582912.0f);
    const FloatVector shifted = hn::MulAdd(a, b, magic);
    return scaledPower(hn::MulSub(a, b, hn::Sub(shifted, magic)), shifted);
}

/// 2^(a b) with a b limited to ± maximumExponent.
HWY_INLINE FloatVector limitedPowerOfTwo(FloatVector a, FloatVector b)
{
    const FloatVector limit = broadcast(maximumExponent);
    const FloatVector exponent = atLeast(atMost(hn::Mul(a, b), limit), hn::Neg(limit));
    return powerOfTwo(exponent, broadcast(1.0f));
}

/// e^x with x limited to ± 86. log2(e) is taken in two parts for the last bits of a large x.
HWY_INLINE FloatVector exponential(FloatVector x)
{
    const FloatVector magic = broadcast(12582912.0f);
    const FloatVector limit = broadcast(86.0f);
    x = atLeast(atMost(x, limit), hn::Neg(limit));
    const FloatVector shifted = hn::MulAdd(x, broadcast(1.44269504f), magic);
    const FloatVector f = hn::MulSub(x, broadcast(1.44269504f), hn::Sub(shifted, magic));
    return scaledPower(hn::MulAdd(x, broadcast(1.92596303e-8f), f), shifted);
}

HWY_INLINE FloatVector sigmoid(FloatVector x)
{
    return reciprocal(hn::Add(broadcast(1.0f), exponential(hn::Neg(x))));
}

HWY_INLINE FloatVector silu(FloatVector x)
{
    return hn::Mul(x, sigmoid(x));
}

/// log(1 + e^x) and its derivative.
struct Softplus
{
    FloatVector value;
    FloatVector slope;
};

/// max(x, 0) + log1p(u), u = e^-|x|, with log1p(u) = 2 atanh(u / (2 + u)); atanh(s) / s is a polynomial of degree 4 in
/// s² (Remez, 4e-9). Above 20 it equals x in float32: the threshold of the reference kernels.
HWY_INLINE Softplus softplus(FloatVector x)
{
    const FloatVector one = broadcast(1.0f);
    const FloatVector u = exponential(hn::Neg(hn::Abs(x)));
    const FloatVector s = hn::Mul(u, reciprocal(hn::Add(u, broadcast(2.0f))));
    const FloatVector w = hn::Mul(s, s);
    FloatVector p = broadcast(1.40891675434e-1f);
    p = hn::MulAdd(p, w, broadcast(1.39803013736e-1f));
    p = hn::MulAdd(p, w, broadcast(2.00124551398e-1f));
    p = hn::MulAdd(p, w, broadcast(3.33331573411e-1f));
    p = hn::MulAdd(p, w, one);
    const FloatVector positive = atLeast(x, hn::Zero(floatTag));
    const FloatVector inverse = reciprocal(hn::Add(one, u));
    const FloatVector slope = hn::IfThenElse(hn::Ge(x, hn::Zero(floatTag)), inverse, hn::Mul(u, inverse));
    return {hn::MulAdd(hn::Add(s, s), p, positive), slope};
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
