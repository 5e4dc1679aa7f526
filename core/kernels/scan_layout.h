// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/selective_scan.h"

/// \file
/// How the selective scan divides channels and lays out checkpoints, the same for every instruction set.

namespace ecdysis::kernels {

/// Channels that are handed to a thread at once: a multiple of the lanes of every instruction set.
inline constexpr std::int64_t scanPanel = 16;

/// Channels whose shares of the gradients of B and C are summed before they are stored: more of them leave fewer
/// shares, fewer of them more work to do at once.
inline constexpr std::int64_t scanSlab = 128;

inline std::int64_t ceilDivide(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

/// Where in the checkpoints the states of a block of channels before token `time` are, as [state][channel of the
/// block]; `time` is a multiple of checkpointInterval, `channel` one of the block's width.
inline std::int64_t checkpointOffset(const SelectiveScan &scan, std::int64_t batch, std::int64_t time,
                                     std::int64_t channel)
{
    const std::int64_t padded = ceilDivide(scan.channels, scanPanel) * scanPanel;
    const std::int64_t chunk = batch * ceilDivide(scan.time, checkpointInterval) + time / checkpointInterval;
    return (chunk * padded + channel) * scan.states;
}

/// What the forward scan writes; null: not wanted.
struct ScanOutputs
{
    float *y;
    float *checkpoints;
    float *leaving;
};

/// What the channels of a slab leave to be added up: gradients of B and C are sums over channels, those of A, D and
/// dtBias over batch rows. Slabs are the same for every number of threads, and so is the order of all sums.
struct ScanPartials
{
    float *B;      ///< (slab, batch · time, states)
    float *C;      ///< (slab, batch · time, states)
    float *A;      ///< (batch, channels, states)
    float *D;      ///< (batch, channels)
    float *dtBias; ///< (batch, channels)
};

} // namespace ecdysis::kernels
