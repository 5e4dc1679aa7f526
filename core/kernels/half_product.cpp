// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/half_product.h"

#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/half_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/bfloat16_vectors.h"
#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

constexpr int accumulators = 4; ///< as many additions are under way at once

struct WidenBfloat16
{
    template <typename Tag> HWY_INLINE auto operator()(Tag tag, const std::uint16_t *from) const
    {
        return loadWidened(tag, from);
    }
};

struct WidenFloat16
{
    template <typename Tag> HWY_INLINE auto operator()(Tag tag, const std::uint16_t *from) const
    {
        const hn::Rebind<hwy::float16_t, Tag> halfTag;
        return hn::PromoteTo(tag, hn::LoadU(halfTag, reinterpret_cast<const hwy::float16_t *>(from)));
    }
};

template <typename Widen>
HWY_INLINE float dot(const std::uint16_t *weight, const float *x, std::int64_t count, const Widen &widen)
{
    FloatVector sums[accumulators];
    unrolled<accumulators>([&](auto i) HWY_ATTR { sums[i] = hn::Zero(floatTag); });
    std::int64_t k = 0;
    for (; k + accumulators * lanes <= count; k += accumulators * lanes)
        unrolled<accumulators>([&](auto i) HWY_ATTR {
            sums[i] = hn::MulAdd(widen(floatTag, weight + k + i * lanes), load(x + k + i * lanes), sums[i]);
        });
    for (; k + lanes <= count; k += lanes)
        sums[0] = hn::MulAdd(widen(floatTag, weight + k), load(x + k), sums[0]);
    const FloatVector sum = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
    float total = hn::GetLane(hn::SumOfLanes(floatTag, sum));
    const hn::CappedTag<float, 1> one;
    for (; k < count; ++k)
        total += hn::GetLane(widen(one, weight + k)) * x[k];
    return total;
}

template <typename Widen> void multiply(const HalfProduct &p, std::int64_t first, std::int64_t last, const Widen &widen)
{
    for (std::int64_t output = first; output < last; ++output)
        for (std::int64_t row = 0; row < p.rows; ++row)
            p.y[row * p.yStride + output] =
                dot(p.weight + output * p.weightStride, p.x + row * p.xStride, p.inputs, widen);
}

} // namespace

/// Outputs [first, last).
void outputsPart(const HalfProduct &product, std::int64_t first, std::int64_t last)
{
    if (product.type == Half::Bfloat16)
        multiply(product, first, last, WidenBfloat16());
    else
        multiply(product, first, last, WidenFloat16());
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(outputsPart);

void halfProduct(const HalfProduct &product)
{
    inParallel(product.outputs, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(outputsPart)(product, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
