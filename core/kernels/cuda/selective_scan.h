// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/cuda/stream.h"
#include "core/kernels/selective_scan.h"

/// \file
/// The selective scan on a GPU: operands, results and formulas of core/kernels/selective_scan.h, all pointers of device
/// memory. Calls return once the work is queued. They throw std::runtime_error where the device refuses it.
namespace ecdysis::kernels::cuda {

/// Floats that `checkpoints` must hold.
std::int64_t checkpointSize(const SelectiveScan &scan);

/// See kernels::selectiveScan().
void selectiveScan(const SelectiveScan &scan, float *y, float *checkpoints, float *leaving, Stream stream);

/// Floats that `workspace` must hold.
std::int64_t backwardWorkspaceSize(const SelectiveScan &scan);

/// See kernels::selectiveScanBackward(). Sums are taken in a fixed order: equal operands give equal bits.
void selectiveScanBackward(const SelectiveScan &scan, const float *dy, const float *checkpoints,
                           const SelectiveScanGradients &gradients, float *workspace, Stream stream);

} // namespace ecdysis::kernels::cuda
