// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/position_profile.h"

namespace ecdysis::evaluation {

/// Evaluates a plan, losses told apart by the number of tokens before: whether text far back is still made use of.
/// Unless the plan is empty, the dense model is measured beside it. Errors: those of evaluate().
PositionProfile evaluateByPosition(const Model::State &model, const data::Windows &windows, const Plan &plan,
                                   const Run &run);

} // namespace ecdysis::evaluation
