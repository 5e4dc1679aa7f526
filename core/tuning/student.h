// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::tuning {

/// A model under a plan, to be tuned: what is left of its weights.
struct Student
{
    architectures::Weights weights; ///< float32, its own copies, by parameter name; `compute` as the model's
    std::vector<architectures::Removed> removed; ///< for parts that leave no trace in the weights, one set a layer
    std::set<std::string> zeroed;                ///< weights that the plan sets to 0, which have to stay so
    architectures::Blueprint blueprint;          ///< of the model, with the biases that the plan adds
    std::map<std::string, at::Tensor> masks;     ///< 1 or, where the plan's masks have a 0 that has to stay, 0; float32
                                                 ///< in the shape of the weight, of those that have a mask
};

/// Parts and widths cut away. Weights are those of the checkpoint, not rounded to the type of the computation.
/// Throws Exception{Mismatch} where the plan does not fit the model, Cancelled, ReadFailed, OutOfMemory.
Student makeStudent(const Model::State &model, const Plan &plan, const Run &run);

/// The network of such weights, which may be leaves that record gradients.
std::shared_ptr<const architectures::Network> buildStudent(const Model::State &model,
                                                           const architectures::Weights &weights);

/// The same for measuring: operands of products in the type of the computation, as a model that is loaded has them.
std::shared_ptr<const architectures::Network> buildMeasured(const Model::State &model, architectures::Weights weights);

} // namespace ecdysis::tuning
