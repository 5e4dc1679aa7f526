// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/tuned_model.h"

#include <system_error>

#include "core/exception.h"
#include "core/pruning/export.h"
#include "core/pruning/plan_json.h"

namespace ecdysis::tuning {

namespace {

/// A copy of a file of the plan in a folder.
void copyInto(const std::filesystem::path &folder, const char *name, std::optional<CompanionFile> &companion)
{
    if (!companion)
        return;
    const std::filesystem::path copy = folder / name;
    std::error_code error;
    const bool isThere = std::filesystem::equivalent(companion->file, copy, error);
    if (!isThere &&
        !std::filesystem::copy_file(companion->file, copy, std::filesystem::copy_options::overwrite_existing, error))
        throw Exception(ErrorCode::WriteFailed, "a copy expected, it cannot be made: " + error.message(),
                        copy.string());
    companion->file = copy.string();
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
    Plan kept = plan;
    copyInto(folder, "masks.safetensors", kept.masks);
    copyInto(folder, "weights.safetensors", kept.weights);
    pruning::writePlan(folder / "plan.json", std::move(kept));
}

} // namespace ecdysis::tuning
