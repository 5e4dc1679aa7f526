// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/norm.h"

#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

/// Σ x²: float lanes over stretches of at most 64 additions, stretches in double precision.
double squareSum(const float *x, std::int64_t count)
{
    constexpr std::int64_t stretch = 4 * 64 * lanes;
    double sum = 0;
    std::int64_t i = 0;
    while (i + lanes <= count) {
        const std::int64_t end = std::min(i + stretch, count);
        const FloatVector zero = hn::Zero(floatTag);
        FloatVector partial[4] = {zero, zero, zero, zero};
        for (; i + 4 * lanes <= end; i += 4 * lanes)
            unrolled<4>([&](auto k) HWY_ATTR {
                const FloatVector v = load(x + i + k * lanes);
                partial[k] = hn::MulAdd(v, v, partial[k]);
            });
        for (; i + lanes <= end; i += lanes)
            partial[0] = hn::MulAdd(load(x + i), load(x + i), partial[0]);
        sum += sumOfLanes(hn::Add(hn::Add(partial[0], partial[1]), hn::Add(partial[2], partial[3])));
    }
    for (; i < count; ++i)
        sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    return sum;
}

/// y may be x.
void normalise(const float *x, const float *weight, float epsilon, std::int64_t count, float *y)
{
    const double mean = squareSum(x, count) / static_cast<double>(count);
    const FloatVector scale = broadcast(static_cast<float>(1.0 / std::sqrt(mean + static_cast<double>(epsilon))));
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        store(hn::Mul(load(weight + i), hn::Mul(load(x + i), scale)), y + i);
    if (const std::int64_t rest = count - i; rest > 0)
        storeFirst(hn::Mul(loadFirst(weight + i, rest, 0), hn::Mul(loadFirst(x + i, rest, 0), scale)), rest, y + i);
}

void gateRow(const float *x, const float *gate, std::int64_t count, float *y)
{
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        store(hn::Mul(load(x + i), silu(load(gate + i))), y + i);
    if (const std::int64_t rest = count - i; rest > 0)
        storeFirst(hn::Mul(loadFirst(x + i, rest, 0), silu(loadFirst(gate + i, rest, 0))), rest, y + i);
}

} // namespace

void normRows(const float *x, const float *weight, float epsilon, std::int64_t first, std::int64_t last,
              std::int64_t columns, float *y)
{
    for (std::int64_t row = first; row < last; ++row)
        normalise(x + row * columns, weight, epsilon, columns, y + row * columns);
}

void gateRows(const float *x, const float *gate, std::int64_t gateStride, std::int64_t first, std::int64_t last,
              std::int64_t columns, float *y)
{
    for (std::int64_t row = first; row < last; ++row)
        gateRow(x + row * columns, gate + row * gateStride, columns, y + row * columns);
}

void normGroups(const float *weight, float epsilon, std::int64_t columns, std::int64_t group, float *y)
{
    for (std::int64_t c = 0; c < columns; c += group)
        normalise(y + c, weight + c, epsilon, group, y + c);
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(normRows);
HWY_EXPORT(gateRows);
HWY_EXPORT(normGroups);

void rmsNorm(const float *x, const float *weight, float epsilon, std::int64_t rows, std::int64_t columns, float *y)
{
    inParallel(rows, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(normRows)(x, weight, epsilon, first, last, columns, y);
    });
}

void gatedRmsNorm(const float *x, const float *gate, std::int64_t gateStride, const float *weight, float epsilon,
                  std::int64_t rows, std::int64_t columns, std::int64_t group, float *y)
{
    inParallel(rows, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row) {
            HWY_DYNAMIC_DISPATCH(gateRows)(x, gate, gateStride, row, row + 1, columns, y);
            HWY_DYNAMIC_DISPATCH(normGroups)(weight, epsilon, columns, group, y + row * columns);
        }
    });
}

void gate(const float *x, const float *gate, std::int64_t gateStride, std::int64_t rows, std::int64_t columns, float *y)
{
    inParallel(rows, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(gateRows)(x, gate, gateStride, first, last, columns, y);
    });
}

} // namespace ecdysis::kernels
#endif
