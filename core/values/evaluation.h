// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/cell.h"
#include "core/values/provenance.h"

namespace ecdysis {

/// A perplexity measurement.
struct Evaluation
{
    Calibration calibration;
    Provenance provenance;
    std::string planFingerprint; ///< SHA-256 of what was removed, in its order, hexadecimal
    std::vector<double> losses;  ///< mean negative log-likelihood of each window, nats per token
    Estimate nll;                ///< over all predicted tokens; the error is that over windows
    double perplexity = 0;       ///< exp of the mean
    std::int64_t tokens = 0;     ///< processed
    double seconds = 0;
    double tokensPerSecond = 0;

    bool operator==(const Evaluation &) const = default;
};

/// Times of one kind of run, in milliseconds over the repeats.
struct Latency
{
    double median = 0;
    double p10 = 0;
    double p90 = 0;
    double tokensPerSecond = 0; ///< at the median; 0 when not measured

    bool operator==(const Latency &) const = default;
};

/// What `bench` measured on the named device.
struct BenchReport
{
    Latency prefill;
    Latency decode;
    std::int64_t peakMemoryBytes = 0; ///< the most this process has held: resident, or in tensors on a GPU
    std::string device;               ///< its own name

    bool operator==(const BenchReport &) const = default;
};

} // namespace ecdysis
