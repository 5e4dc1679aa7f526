// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::tuning {

/// Writes what came of a run: the model that is left under the plan, as tuned, float32, to the folder `model` in
/// `folder`, which loads like any other and takes the place of one that is there; the plan to `plan.json`, its masks
/// and new weights beside it. Throws Exception{WriteFailed, Cancelled}.
void writeTunedModel(const Model::State &model, const Plan &plan, const architectures::Weights &weights,
                     const std::filesystem::path &folder, const Run &run);

} // namespace ecdysis::tuning
