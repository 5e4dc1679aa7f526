// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/limits/multiply_adds.h"

#include <omp.h>

#include "core/kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/bench/limits/multiply_adds.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

/// Chains that hide the latency of one another: of 4 cycles, two operations a cycle.
constexpr int chains = 12;

std::int64_t multiplyAddsOfThread(std::int64_t rounds, float *result)
{
    FloatVector sums[chains];
    unrolled<chains>([&](auto i) HWY_ATTR { sums[i] = broadcast(result[0] + static_cast<float>(i)); });
    const FloatVector factor = broadcast(result[1]);
    const FloatVector term = broadcast(result[2]);
    for (std::int64_t round = 0; round < rounds; ++round)
        unrolled<chains>([&](auto i) HWY_ATTR { sums[i] = hn::MulAdd(sums[i], factor, term); });
    unrolled<chains>([&](auto i) HWY_ATTR { result[0] += hn::GetLane(sums[i]); });
    return rounds * chains * lanes;
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {
HWY_EXPORT(multiplyAddsOfThread);
}

std::int64_t multiplyAdds(std::int64_t rounds)
{
    using namespace ecdysis::kernels;
    std::int64_t done = 0;
#pragma omp parallel reduction(+ : done)
    {
        volatile float start[3] = {1, 0.5F, 0.5F}; // known at run time only
        float values[3] = {start[0], start[1], start[2]};
        done += HWY_DYNAMIC_DISPATCH(multiplyAddsOfThread)(rounds, values);
        start[0] = values[0];
    }
    return done;
}
#endif
