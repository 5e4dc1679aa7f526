// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

#include "core/layers/sequence.h"

namespace ecdysis::layers {

/// Causal depthwise convolution followed by SiLU; the last tap multiplies the current token.
struct Convolution
{
    at::Tensor weight; ///< float32 (channel, 1, taps)
    at::Tensor bias;   ///< float32 (channel); undefined: none
};

/// The channels `start` … `start + length - 1`, as a view.
Convolution channels(const Convolution &convolution, std::int64_t start, std::int64_t length);

/// x (batch · time, channel) with any row stride → the same shape, contiguous. Records gradients.
at::Tensor apply(const Convolution &convolution, const at::Tensor &x, Sequence sequence);

/// The same for a piece; `history` (batch, taps - 1, channel) holds the inputs before it and is moved on; undefined:
/// the start of a sequence. Records no gradients.
at::Tensor resume(const Convolution &convolution, const at::Tensor &x, const Piece &piece, at::Tensor &history);

} // namespace ecdysis::layers
