// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/student.h"

#include <limits>

#include "core/exception.h"
#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
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

} // namespace

Student makeStudent(const Model::State &model, const Plan &plan, const Run &run)
{
    const at::NoGradGuard noGradients;
    Student student{.weights = {}, .removed = pruning::apply(model, plan).removed, .zeroed = {}, .blueprint = {}};
    if (plan.masks)
        throw Exception(ErrorCode::Unsupported, "a plan without masks expected: masked weights would not stay zero",
                        plan.masks->file);
    student.blueprint = pruning::blueprintUnder(plan, model.files.blueprint);
    const pruning::Inventory inventory(student.blueprint, plan.orders);
    const pruning::Cut cut = inventory.cut(inventory.units(plan, "plan"));
    student.zeroed = cut.zeroed;
    const auto whole = pruning::withNew(exactWeights(model, run), pruning::newWeightsOf(plan, model.files.blueprint),
                                        model.files.blueprint);
    for (const auto &[name, weight] : pruning::withoutCut(whole, cut))
        student.weights[name] = at::empty(weight.sizes(), weight.options().dtype(at::kFloat)).copy_(weight);
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
