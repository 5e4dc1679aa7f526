// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <vector>

#include "core/data/windows.h"
#include "core/model.h"
#include "core/pruning/new_weights.h"
#include "core/values/repair.h"

namespace ecdysis::pruning {

struct FittedSkips
{
    NewWeights weights;
    std::vector<RepairedWeight> fits; ///< against the skips that the model has
};

/// For the state space of each of `layers` the D with which D · x comes closest to its whole output in the dense model,
/// d = Σ⟨y, x⟩ / Σ⟨x, x⟩ for each entry of D; in Mamba y and x are taken after the gate, which is what the output
/// projection sees. Throws Exception{Cancelled, Mismatch}.
FittedSkips fitSkips(const Model::State &model, const std::set<int> &layers, const data::Windows &windows,
                     const Run &run);

/// The D of a layer, the skip of its state space; null: the layer has none.
const architectures::Parameter *skipOf(const architectures::Blueprint &blueprint, int layer);

} // namespace ecdysis::pruning
