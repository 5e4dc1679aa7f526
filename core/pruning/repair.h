// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/engine.h"
#include "core/model.h"

namespace ecdysis::pruning {

/// The plan with every "ssm" that it removes replaced by its "recurrence": the skips D · x stay.
Plan withSkips(Plan plan);

/// See ecdysis::repair(). Throws Exception.
RepairReport repair(const Model::State &model, const Plan &plan, const RepairRequest &request, const Run &run);

} // namespace ecdysis::pruning
