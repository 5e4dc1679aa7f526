// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/pruning/applied_plan.h"

namespace ecdysis::pruning {

/// apply(), with a network of weights from which parts are gone as well as entries of widths: it computes nothing for
/// them, as the exported model would. Throws what apply() does.
AppliedPlan cutOut(const Model::State &model, const Plan &plan);

} // namespace ecdysis::pruning
