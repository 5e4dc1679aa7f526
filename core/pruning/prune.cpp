// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/prune.h"

#include <optional>

#include "core/data/windows.h"
#include "core/pruning/companion_file.h"
#include "core/pruning/one_shot.h"
#include "core/pruning/plan_json.h"
#include "core/scores/score.h"
#include "core/torch.h"

namespace ecdysis::pruning {

namespace {

std::optional<data::Windows> calibration(const Model::State &model, const PruneRequest &request, const Run &run)
{
    if (request.text.empty())
        return std::nullopt;
    return data::readWindows(model.card().folder, request.text, request.protocol, run);
}

} // namespace

PruneReport prune(const Model::State &model, const PruneRequest &request, const Run &run)
{
    const at::NoGradGuard noGradients;
    const auto start = run.now();
    const scores::Chosen chosen = scores::parse(request.score);
    scores::requireElements(chosen);
    scores::requireText(chosen, !request.text.empty());
    const auto windows = calibration(model, request, run);
    const architectures::Blueprint &blueprint = model.files.blueprint;

    const auto score = chosen.score->elements({model, windows ? &*windows : nullptr}, chosen.settings,
                                              prunableWeights(blueprint), run);
    const Masks masks = lowestMasks(blueprint, score, request.scope, request.sparsity, run);

    PruneReport report{.parameters = model.card().parameters, .components = byComponent(blueprint, masks)};
    for (const ComponentSparsity &component : report.components) {
        report.prunable += component.weights;
        report.removed += component.removed;
    }
    report.provenance = provenance(model, run);
    if (windows && chosen.score->needsText)
        report.calibration = windows->calibration;
    report.plan.sparsity.push_back({.score = scores::written(chosen),
                                    .scope = request.scope,
                                    .amount = request.sparsity,
                                    .calibration = report.calibration ? report.calibration->fingerprint : ""});
    report.plan.masks = writeMasks(besidePlan(request.out, "masks"), masks);
    pruning::writePlan(request.out, report.plan);
    report.seconds = std::chrono::duration<double>(run.now() - start).count();
    return report;
}

} // namespace ecdysis::pruning
