// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/tuned_model.h"

#include <nlohmann/json.hpp>

#include "core/evaluation/tensor_file.h"
#include "core/exception.h"
#include "core/io/atomic_file.h"
#include "core/values/json.h"

namespace ecdysis::tuning {

void writeTunedModel(const Model::State &model, const Plan &plan, const architectures::Weights &weights,
                     const std::filesystem::path &folder)
{
    std::map<std::string, at::Tensor> stored;
    for (const auto &[name, weight] : weights)
        stored[model.files.storedNames.at(name)] = weight;
    evaluation::writeTensors(folder / "tuned.safetensors", stored);
    valueOrThrow(io::writeAtomically(folder / "plan.json", [&](std::ostream &stream) -> Result<void> {
        stream << nlohmann::json(plan).dump(2) << '\n';
        return {};
    }));
}

} // namespace ecdysis::tuning
