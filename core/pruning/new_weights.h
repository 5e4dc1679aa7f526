// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/architectures/network.h"
#include "core/values/plan.h"
#include "core/values/tensor_info.h"

/// \file
/// Values that take the place of a model's own. A file of them is safetensors: floating tensors under the names of
/// parameters, in the shapes that the model has before anything is taken out, so that what a plan removes later still
/// fits; and ".bias" tensors of projections that have none (added_biases.h). Its metadata are `format`
/// "ecdysis-weights-1".
namespace ecdysis::pruning {

/// By name of the parameter, as in the blueprint; of any floating type.
using NewWeights = std::map<std::string, at::Tensor>;

/// Writes the file atomically. Throws Exception{WriteFailed}.
CompanionFile writeNewWeights(const std::filesystem::path &file, const NewWeights &weights);

/// Reads the file of a plan, its hash and every shape checked; nothing where the plan has none. Throws what
/// requireUnchanged() does, BadFormat, and Mismatch for tensors that do not fit the blueprint.
NewWeights newWeightsOf(const Plan &plan, const architectures::Blueprint &blueprint);

/// The biases that the new weights of a plan add, as its file has them. Throws as newWeightsOf() does but for what only
/// reading the tensors can show.
std::vector<TensorInfo> addedBiases(const Plan &plan, const architectures::Blueprint &blueprint);

/// The blueprint with these: what goes of them follows from it. Throws what addedBiases() does.
architectures::Blueprint blueprintUnder(const Plan &plan, const architectures::Blueprint &blueprint);

/// The weights with the new ones in the place of theirs, in the types that they are computed in.
architectures::Weights withNew(const architectures::Weights &weights, const NewWeights &changed,
                               const architectures::Blueprint &blueprint);

} // namespace ecdysis::pruning
