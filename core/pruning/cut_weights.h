// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/architectures/network.h"
#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

/// The weights without what goes; those that stay as they are, are shared with the original. Records gradients.
architectures::Weights withoutCut(const architectures::Weights &weights, const Cut &cut);

/// One tensor without indices of some of its dimensions. Records gradients.
at::Tensor withoutIndices(const at::Tensor &tensor, const Indices &gone);

/// The other way round: a copy of `whole` with `left` in the place of what stays.
at::Tensor intoWhole(const at::Tensor &whole, const at::Tensor &left, const Indices &gone);

/// The weights with zeros in the place of what goes. Records gradients.
architectures::Weights masked(const architectures::Weights &weights, const Cut &cut);

} // namespace ecdysis::pruning
