// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_material.h"

namespace ecdysis::pruning {

std::vector<Calibration> SearchMaterial::calibrations() const
{
    std::vector<Calibration> all;
    for (const auto &ofStage : windows)
        all.push_back(ofStage ? ofStage->calibration : Calibration{});
    return all;
}

SearchMaterial readMaterial(const ModelCard &card, const SearchSettings &settings, const Run &run)
{
    SearchMaterial material;
    for (const SearchStage &stage : settings.stages) {
        material.windows.emplace_back();
        if (!stage.text.empty())
            material.windows.back() = data::readWindows(card.folder, stage.text, stage.protocol, run);
    }
    if (!settings.tasks.empty())
        material.tasks = evaluation::readTaskSet(card.folder,
                                                 {.files = {settings.tasks.begin(), settings.tasks.end()},
                                                  .limit = settings.taskLimit,
                                                  .maxLength = settings.taskLength},
                                                 run);
    return material;
}

} // namespace ecdysis::pruning
