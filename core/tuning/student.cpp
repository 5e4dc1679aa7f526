// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/student.h"

#include <limits>

#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
#include "core/pruning/masks.h"
#include "core/pruning/new_weights.h"
#include "core/torch.h"
#include "core/weights.h"

namespace ecdysis::tuning {

namespace {

/// The weights of the checkpoint, in float32 or as stored.
architectures::Weights exactWeights(const Model::State &model, const Run &run)
{
    if (model.options.dtype == DType::F32)
        return model.weights;
    return loadWeights(model.files.blueprint, model.files.storedNames, model.files.checkpoint, DType::F32,
                       model.network->head().weight.device(), std::numeric_limits<std::int64_t>::max(), run);
}

/// Of the weights that are left, in their shape.
std::map<std::string, at::Tensor> masksOf(const architectures::Weights &weights, const pruning::Cut &cut,
                                          const pruning::Masks &masks)
{
    std::map<std::string, at::Tensor> left;
    for (const auto &[name, mask] : masks) {
        if (!weights.contains(name))
            continue;
        const at::Tensor whole = pruning::masked(at::ones(mask.shape, weights.at(name).options()), mask);
        const auto partial = cut.partial.find(name);
        left[name] = partial == cut.partial.end() ? whole : pruning::withoutIndices(whole, partial->second);
    }
    return left;
}

} // namespace

Student makeStudent(const Model::State &model, const Plan &plan, const Run &run)
{
    const at::NoGradGuard noGradients;
    Student student{.weights = {},
                    .removed = pruning::apply(model, plan).removed,
                    .zeroed = {},
                    .blueprint = pruning::blueprintUnder(plan, model.files.blueprint),
                    .masks = {}};
    const pruning::Inventory inventory(student.blueprint, plan.orders);
    const pruning::Cut cut = inventory.cut(inventory.units(plan, "plan"));
    student.zeroed = cut.zeroed;
    const auto whole = pruning::withNew(exactWeights(model, run), pruning::newWeightsOf(plan, model.files.blueprint),
                                        model.files.blueprint);
    for (const auto &[name, weight] : pruning::withoutCut(whole, cut))
        student.weights[name] = at::empty(weight.sizes(), weight.options().dtype(at::kFloat)).copy_(weight);
    if (plan.masks)
        student.masks = masksOf(student.weights, cut, pruning::readMasks(*plan.masks, model.files.blueprint));
    for (const auto &[name, mask] : student.masks)
        student.weights.at(name).mul_(mask);
    student.weights.compute = model.weights.compute;
    return student;
}

std::shared_ptr<const architectures::Network> buildStudent(const Model::State &model,
                                                           const architectures::Weights &weights)
{
    return buildNetwork(model.files, weights);
}

std::shared_ptr<const architectures::Network> buildMeasured(const Model::State &model, architectures::Weights weights)
{
    for (const architectures::Parameter &parameter : model.files.blueprint.parameters)
        if (parameter.precision == architectures::Precision::Compute && weights.contains(parameter.name))
            weights[parameter.name] = weights.at(parameter.name).to(weights.compute);
    return buildStudent(model, weights);
}

} // namespace ecdysis::tuning
