// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

/// \file
/// How benchmarks of kernels repeat, report and check what they compute.

inline constexpr auto rate = benchmark::Counter::kIsIterationInvariantRate;

/// Reports the time of each of `count` elementary updates of one iteration.
inline void reportEach(benchmark::State &state, double count)
{
    state.counters["each"] = benchmark::Counter(count, rate | benchmark::Counter::kInvert);
}

/// Median of some repetitions: others may use the machine.
inline void repeated(benchmark::internal::Benchmark *b)
{
    b->Unit(benchmark::kMillisecond)->UseRealTime()->Repetitions(5)->MinTime(0.05)->ReportAggregatesOnly();
}

/// The largest difference, relative to the largest value.
inline float difference(const at::Tensor &found, const at::Tensor &expected)
{
    return ((found - expected).abs().max() / expected.abs().max()).item<float>();
}
