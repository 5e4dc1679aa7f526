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

// AVX-512 takes a number apart and scales by powers of two in one operation each; Highway has no names for them.
#undef ECDYSIS_AVX512
#define ECDYSIS_AVX512 (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)

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
#if HWY_TARGET == HWY_AVX2 || ECDYSIS_AVX512
    return hn::Max(bound, x);
#else
    return hn::IfThenElse(hn::Lt(x, bound), bound, x);
#endif
}

HWY_INLINE FloatVector atMost(FloatVector x, FloatVector bound)
{
#if HWY_TARGET == HWY_AVX2 || ECDYSIS_AVX512
    return hn::Min(bound, x);
#else
    return hn::IfThenElse(hn::Gt(x, bound), bound, x);
#endif
}

/// 1 / x for normal x: an estimate of at least 12 bits and one Newton step where the machine has one.
HWY_INLINE FloatVector reciprocal(FloatVector x)
{
#if HWY_TARGET == HWY_AVX2 || ECDYSIS_AVX512
    const FloatVector estimate = hn::ApproximateReciprocal(x);
    return hn::Mul(estimate, hn::NegMulAdd(x, estimate, broadcast(2.0f)));
#else
    return hn::Div(broadcast(1.0f), x);
#endif
}

/// The largest |a b| that powerOfTwo(a, b) takes.
inline constexpr float maximumExponent = 125.0f;

#if ECDYSIS_AVX512

/// powers[k] = 2^t[k], one step of all at a time: chains of operations that each wait for the one before fill the
/// processor's window. With f = t - floor(t), 2^f = 1 + f + f (1 - f) r(f) is exact at both ends and errs by at most
/// 1e-7 between them (r of degree 3 by Remez' exchange): a decay near one, taken thousands of times, has no bias.
template <int count> HWY_INLINE void powersOfTwo(const FloatVector (&t)[count], FloatVector (&powers)[count])
{
    FloatVector f[count];
    unrolled<count>([&](auto k) HWY_ATTR { f[k] = FloatVector{_mm512_reduce_ps(t[k].raw, _MM_FROUND_TO_NEG_INF)}; });
    unrolled<count>([&](auto k) HWY_ATTR { powers[k] = broadcast(1.87931865029e-3f); });
    const auto step = [&](float coefficient) HWY_ATTR {
        unrolled<count>([&](auto k) HWY_ATTR { powers[k] = hn::MulAdd(powers[k], f[k], broadcast(coefficient)); });
    };
    step(8.99099509027e-3f);
    step(5.58186759672e-2f);
    step(2.40159271462e-1f);
    step(6.93151738830e-1f);
    step(1.0f);
    unrolled<count>([&](auto k) HWY_ATTR { powers[k] = FloatVector{_mm512_scalef_ps(powers[k].raw, t[k].raw)}; });
}

#else

/// powers[k] = 2^t[k] for t[k] <= 125; below -125 what it is there. Adding 1.5 · 2^23 rounds to an integer, which is
/// then in the low bits. On what is left, in [-1/2, 1/2], 1 + f q(f), q of degree 4 fitted by Remez' exchange, errs by
/// at most 1e-7 of the value and by less as f goes to 0: a decay near one, taken thousands of times, has no bias.
template <int count> HWY_INLINE void powersOfTwo(const FloatVector (&t)[count], FloatVector (&powers)[count])
{
    const hn::RebindToSigned<FloatTag> bits;
    const FloatVector magic = broadcast(12582912.0f);
    unrolled<count>([&](auto k) HWY_ATTR {
        const FloatVector limited = atLeast(t[k], broadcast(-125.0f));
        const FloatVector shifted = hn::Add(limited, magic);
        const FloatVector f = hn::Sub(limited, hn::Sub(shifted, magic));
        FloatVector p = broadcast(1.32658359594e-3f);
        p = hn::MulAdd(p, f, broadcast(9.67085363559e-3f));
        p = hn::MulAdd(p, f, broadcast(5.55072169759e-2f));
        p = hn::MulAdd(p, f, broadcast(2.40222562310e-1f));
        p = hn::MulAdd(p, f, broadcast(6.93146996901e-1f));
        p = hn::MulAdd(p, f, broadcast(1.0f));
        const auto exponent = hn::ShiftLeft<23>(hn::BitCast(bits, shifted));
        powers[k] = hn::BitCast(floatTag, hn::Add(hn::BitCast(bits, p), exponent));
    });
}

#endif

/// e^x with x limited to ± 86, so that 1 / (1 + e^x) is a normal number. What rounding takes from x log2(e) is
/// given back, as e^r = 1 + r: of a large exponent it would be several units in the last place.
HWY_INLINE FloatVector exponential(FloatVector x)
{
    const FloatVector limited = atLeast(atMost(x, broadcast(86.0f)), broadcast(-86.0f));
    const FloatVector t[1] = {hn::Mul(limited, broadcast(1.44269504f))};
    const FloatVector rest = hn::MulSub(limited, broadcast(1.44269504f), t[0]);
    FloatVector power[1];
    powersOfTwo(t, power);
    return hn::MulAdd(power[0], hn::Mul(rest, broadcast(6.93147181e-1f)), power[0]);
}

HWY_INLINE FloatVector sigmoid(FloatVector x)
{
    return reciprocal(hn::Add(broadcast(1.0f), exponential(hn::Neg(x))));
}

HWY_INLINE FloatVector silu(FloatVector x)
{
    return hn::Mul(x, sigmoid(x));
}

/// u = e^-|x|: the common part of the functions below.
HWY_INLINE FloatVector exponentialOfNegative(FloatVector x)
{
    return exponential(hn::Neg(hn::Abs(x)));
}

/// log(1 + e^x) from x and u = exponentialOfNegative(x): max(x, 0) + log1p(u). log1p(u) / u on [0, 1] is a polynomial
/// of degree 8 (Remez, 3.3e-8 of the value), exact at 0.
HWY_INLINE FloatVector softplus(FloatVector x, FloatVector u)
{
    FloatVector p = broadcast(5.36514320170e-3f);
    p = hn::MulAdd(p, u, broadcast(-3.00669790161e-2f));
    p = hn::MulAdd(p, u, broadcast(7.92063169762e-2f));
    p = hn::MulAdd(p, u, broadcast(-1.37539402746e-1f));
    p = hn::MulAdd(p, u, broadcast(1.91537133165e-1f));
    p = hn::MulAdd(p, u, broadcast(-2.48571767984e-1f));
    p = hn::MulAdd(p, u, broadcast(3.33213240081e-1f));
    p = hn::MulAdd(p, u, broadcast(-4.99996480128e-1f));
    p = hn::MulAdd(p, u, broadcast(1.0f));
    return hn::MulAdd(p, u, atLeast(x, hn::Zero(floatTag)));
}

/// 1 / (1 + e^-x) from x and u = exponentialOfNegative(x): also the slope of softplus.
HWY_INLINE FloatVector sigmoid(FloatVector x, FloatVector u)
{
    const FloatVector inverse = reciprocal(hn::Add(broadcast(1.0f), u));
    return hn::IfThenElse(hn::Ge(x, hn::Zero(floatTag)), inverse, hn::Mul(u, inverse));
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
