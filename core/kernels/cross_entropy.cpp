// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/norm.h"
#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/cross_entropy.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

float largestOf(const float *x, std::int64_t count)
{
    FloatVector largest = broadcast(std::numeric_limits<float>::lowest());
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        largest = hn::Max(largest, load(x + i));
    if (i < count)
        largest = hn::Max(largest, loadFirst(x + i, count - i, std::numeric_limits<float>::lowest()));
    return hn::GetLane(hn::MaxOfLanes(floatTag, largest));
}

/// Σ e^(x - shift). Four sums of few terms each keep the rounding of float small.
double exponentialSum(const float *x, std::int64_t count, float shift)
{
    const FloatVector zero = hn::Zero(floatTag);
    const FloatVector shiftVector = broadcast(shift);
    FloatVector partial[4] = {zero, zero, zero, zero};
    std::int64_t i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes)
        unrolled<4>([&](auto k) HWY_ATTR {
            partial[k] = hn::Add(partial[k], exponential(hn::Sub(load(x + i + k * lanes), shiftVector)));
        });
    double sum = sumOfLanes(hn::Add(hn::Add(partial[0], partial[1]), hn::Add(partial[2], partial[3])));
    for (; i < count; ++i)
        sum += std::exp(static_cast<double>(x[i]) - static_cast<double>(shift));
    return sum;
}

/// log Σ exp(x), in stretches that stay in the first-level cache: logits are read once from memory. The sum is scaled
/// anew when the maximum grows (Milakov & Gimelshein, arXiv 1805.02867).
double logSumExp(const float *x, std::int64_t count)
{
    constexpr std::int64_t stretch = 2048;
    float largest = std::numeric_limits<float>::lowest();
    double sum = 0;
    for (std::int64_t i = 0; i < count; i += stretch) {
        const std::int64_t length = std::min(stretch, count - i);
        const float grown = std::max(largest, largestOf(x + i, length));
        sum = sum * std::exp(static_cast<double>(largest) - static_cast<double>(grown)) +
              exponentialSum(x + i, length, grown);
        largest = grown;
    }
    return std::log(sum) + static_cast<double>(largest);
}

} // namespace

void entropyRows(const float *logits, const std::int64_t *targets, std::int64_t first, std::int64_t last,
                 std::int64_t classes, double *losses)
{
    for (std::int64_t row = first; row < last; ++row) {
        const float *values = logits + row * classes;
        losses[row] = logSumExp(values, classes) - static_cast<double>(values[targets[row]]);
    }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(entropyRows);

void crossEntropy(const float *logits, const std::int64_t *targets, std::int64_t rows, std::int64_t classes,
                  double *losses)
{
    inParallel(rows, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(entropyRows)(logits, targets, first, last, classes, losses);
    });
}

} // namespace ecdysis::kernels
#endif
