// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <ATen/core/Tensor.h>

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// Milliseconds of a forward pass without head under a plan as cut, the median of a few after one to warm up.
/// ids int64 (batch, time). Throws Exception{Cancelled}.
double prefillMilliseconds(const Model::State &model, const Plan &plan, const at::Tensor &ids, const Run &run);

/// How many of them the removal of a unit saves: those of its layer with and without it, measured in turns.
double millisecondsSaved(const Model::State &model, const Plan &plan, const Unit &unit, const at::Tensor &ids,
                         const Run &run);

} // namespace ecdysis::pruning
