// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/tuned_model.h"

#include <system_error>

#include "core/exception.h"
#include "core/pruning/export.h"
#include "core/pruning/plan_json.h"

namespace ecdysis::tuning {

namespace {

/// The plan with a copy of its masks in a folder.
Plan withMasksIn(const std::filesystem::path &folder, Plan plan)
{
    if (!plan.masks)
        return plan;
    const std::filesystem::path copy = folder / "masks.safetensors";
    std::error_code error;
    const bool isThere = std::filesystem::equivalent(plan.masks->file, copy, error);
    if (!isThere &&
        !std::filesystem::copy_file(plan.masks->file, copy, std::filesystem::copy_options::overwrite_existing, error))
        throw Exception(ErrorCode::WriteFailed, "the masks cannot be copied: " + error.message(), copy.string());
    plan.masks->file = copy.string();
    return plan;
}

} // namespace

void writeTunedModel(const Model::State &model, const Plan &plan, const architectures::Weights &weights,
                     const std::filesystem::path &folder, const Run &run)
{
    ExportRequest request{.folder = folder / "model"};
    request.dtype = DType::F32;
    std::error_code error;
    std::filesystem::remove_all(request.folder, error);
    if (error)
        throw Exception(ErrorCode::WriteFailed, "an older model cannot be replaced: " + error.message(),
                        request.folder.string());
    pruning::writeModel(
        model.files, plan, [&](const std::string &parameter) { return weights.at(parameter); }, request, run);
    pruning::writePlan(folder / "plan.json", withMasksIn(folder, plan));
}

} // namespace ecdysis::tuning
