// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <vector>

#include "core/data/windows.h"
#include "core/model.h"
#include "core/pruning/linear_fit.h"
#include "core/pruning/new_weights.h"
#include "core/values/repair.h"

namespace ecdysis::pruning {

/// y = x Wᵀ + b.
struct Affine
{
    at::Tensor weight; ///< (out, in), double
    at::Tensor bias;   ///< (out), double; zeros: none
};

/// How the projections behind what is gone are fitted: from the sums over the calibration and W and b as they are.
using Correction = std::function<Affine(const LinearFit &fit, const Affine &old)>;

/// The same W, and the bias that brings the mean of what it gives back to where the dense model has it.
Affine correctBias(const LinearFit &fit, const Affine &old);
/// The same b, and the W of LinearFit::weight() for it.
Affine correctWeight(const LinearFit &fit, const Affine &old, double ridge);
/// Both at once.
Affine correctBoth(const LinearFit &fit, const Affine &old, double ridge);

/// The projections of each layer that read what the units take away: the out_proj behind a state space without its
/// recurrence, and matrices of which entries of widths take columns. By layer, in the order in which they are computed;
/// matrices that several layers share are left out.
std::map<int, std::vector<std::string>> projectionsBehind(std::span<const Unit> units,
                                                          const architectures::Blueprint &blueprint);

struct RepairedProjections
{
    NewWeights weights; ///< those of the plan, and the corrected ones
    std::vector<RepairedWeight> fits;
};

/// Corrects them layer after layer, so that each gives what it gives in the dense model, from the inputs that it has
/// under the plan with all earlier layers corrected. New values are rounded to the type in which they are stored.
/// `changed` are the new weights of the plan so far; `method` is the name for the report.
/// Throws what apply() does, and Exception{Cancelled, InvalidArgument}.
RepairedProjections repairProjections(const Model::State &model, const Plan &plan, NewWeights changed,
                                      const data::Windows &windows, const Correction &correction,
                                      const std::string &method, const Run &run);

} // namespace ecdysis::pruning
