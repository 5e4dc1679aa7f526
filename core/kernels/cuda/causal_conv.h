// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/causal_conv.h"
#include "core/kernels/cuda/stream.h"

/// \file
/// The causal convolution on a GPU: operands, results and formulas of core/kernels/causal_conv.h, all pointers of
/// device memory. Calls return once the work is queued. They throw std::runtime_error where the device refuses it.
namespace ecdysis::kernels::cuda {

/// See kernels::causalConv().
void causalConv(const CausalConv &conv, float *y, Stream stream);

/// See kernels::causalConvBackward(); `workspace`: batch · time · channels floats. Sums are taken in a fixed order.
void causalConvBackward(const CausalConv &conv, const float *dy, float *dx, float *dWeight, float *dBias,
                        float *workspace, Stream stream);

} // namespace ecdysis::kernels::cuda
