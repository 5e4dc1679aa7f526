// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/tuned_model.h"

#include <system_error>

#include "core/exception.h"
#include "core/pruning/export.h"
#include "core/pruning/plan_json.h"

namespace ecdysis::tuning {

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
    pruning::writePlan(folder / "plan.json", plan);
}

} // namespace ecdysis::tuning
