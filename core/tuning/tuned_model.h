// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::tuning {

/// Writes what came of a run: the weights that are left under the plan, as tuned, float32, under the names of the
/// checkpoint, to `tuned.safetensors` in `folder`, the plan to `plan.json`. Throws Exception{WriteFailed}.
void writeTunedModel(const Model::State &model, const Plan &plan, const architectures::Weights &weights,
                     const std::filesystem::path &folder);

} // namespace ecdysis::tuning
