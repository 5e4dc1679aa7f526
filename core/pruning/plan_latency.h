// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// The network that a plan leaves with everything that goes cut out of the weights, as it would be exported.
/// Throws Exception{Mismatch} as apply() does.
std::shared_ptr<const architectures::Network> cutNetwork(const Model::State &model, const Plan &plan);

/// Milliseconds of a forward pass without head under a plan as cut, the median of a few after one to warm up.
/// ids int64 (batch, time). Throws Exception{Cancelled}.
double prefillMilliseconds(const Model::State &model, const Plan &plan, const at::Tensor &ids, const Run &run);

/// How many of them the removal of a unit saves: those of its layer with and without it, measured in turns.
double millisecondsSaved(const Model::State &model, const Plan &plan, const Unit &unit, const at::Tensor &ids,
                         const Run &run);

} // namespace ecdysis::pruning
