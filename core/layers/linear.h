// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

#include "core/values/run.h"

namespace ecdysis::layers {

/// y = x Wᵀ + b. weight (out, in) in the compute type, float32 or bfloat16; bias float32 (out), undefined: none.
struct Linear
{
    at::Tensor weight;
    at::Tensor bias;
};

/// The outputs `start` … `start + length - 1` of a layer, as a view.
Linear outputs(const Linear &linear, std::int64_t start, std::int64_t length);

/// x (rows, in) float32 in the precision in which products with `weight` take it: itself, or rounded to bfloat16.
/// The products below want it so; one conversion serves several products.
at::Tensor operand(const at::Tensor &x, const at::Tensor &weight);

/// x (rows, in) → (rows, out) float32. Large products are done in pieces of a fixed size, the stop token looked at
/// between them. Records gradients (float32 only).
at::Tensor apply(const Linear &linear, const at::Tensor &x, const Run &run);

/// addend (rows, out) + x Wᵀ + b, the sum taken in the product itself. Records gradients (float32 only).
at::Tensor addTo(const at::Tensor &addend, const Linear &linear, const at::Tensor &x, const Run &run);

/// out (rows, out; may have a row stride) = x Wᵀ, in place, no gradients.
void multiplyInto(const at::Tensor &out, const at::Tensor &x, const at::Tensor &weight, const Run &run);

} // namespace ecdysis::layers
