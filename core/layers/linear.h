// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "core/values/run.h"

namespace ecdysis::layers {

/// y = scale · (x Wᵀ + b).
struct Linear
{
    at::Tensor weight; ///< (out, in): in the compute type, or as stored, to be converted as it is used
    at::Tensor bias;   ///< float32 (out); undefined: none
    double scale = 1;
    at::ScalarType compute = at::kFloat; ///< float32 or bfloat16: what operands of the product are rounded to
    std::function<void(const at::Tensor &x)> tap = {}; ///< told each x; see layers/observers.h; empty: nobody asks
};

/// The outputs `start` … `start + length - 1` of a layer, as a view.
Linear outputs(const Linear &linear, std::int64_t start, std::int64_t length);

/// x (rows, in) float32 in the precision in which products of `linear` take it: itself, or rounded to bfloat16. The
/// float32 weights of a network that is trained are taken in it, too.
/// The products below want it so; one conversion serves several products of one compute type.
at::Tensor operand(const at::Tensor &x, const Linear &linear);

/// x (rows, in) → (rows, out) float32. Large products are done in pieces of a fixed size, the stop token looked at
/// between them. Records gradients, which are float32 whatever the operands are.
at::Tensor apply(const Linear &linear, const at::Tensor &x, const Run &run);

/// addend (rows, out) + y, the sum taken in the product itself. Records gradients as above.
at::Tensor addTo(const at::Tensor &addend, const Linear &linear, const at::Tensor &x, const Run &run);

/// out (rows, out; may have a row stride) = x Wᵀ, in place, no gradients.
void multiplyInto(const at::Tensor &out, const at::Tensor &x, const at::Tensor &weight, const Run &run);

} // namespace ecdysis::layers
