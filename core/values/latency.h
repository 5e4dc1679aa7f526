// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

#include "core/values/evaluation.h"

namespace ecdysis {

/// What a model keeps between two tokens.
struct StateMemory
{
    std::int64_t context = 0;    ///< tokens that it has seen
    std::int64_t stateBytes = 0; ///< of convolutions and state spaces, whatever the context
    std::int64_t cacheBytes = 0; ///< of the keys and values of the context, meta tokens included

    bool operator==(const StateMemory &) const = default;
};

/// Ratios of the dense model's time to that of the plan, of runs one after the other; 1 where not measured.
struct Speedup
{
    double median = 1;
    double p10 = 1;
    double p90 = 1;

    bool operator==(const Speedup &) const = default;
};

/// A model under a plan and the dense one, timed in turn, so that what changes on the machine meanwhile meets both.
struct LatencyComparison
{
    BenchReport measured;
    BenchReport dense;
    Speedup prefill;
    Speedup decode;

    bool operator==(const LatencyComparison &) const = default;
};

} // namespace ecdysis
