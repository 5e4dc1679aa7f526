// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/repair.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/data/windows.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/pruning/companion_file.h"
#include "core/pruning/plan_json.h"
#include "core/pruning/projection_repair.h"
#include "core/pruning/skip_fit.h"
#include "core/weights.h"

namespace ecdysis::pruning {

namespace {

constexpr std::string_view methods[] = {"skip", "diagonal", "least_squares", "bias"};

bool asks(const RepairRequest &request, std::string_view method)
{
    return std::ranges::find(request.methods, method) != request.methods.end();
}

void check(const RepairRequest &request, const Plan &plan)
{
    for (const std::string &method : request.methods)
        if (std::ranges::find(methods, method) == std::end(methods))
            throw Exception(ErrorCode::InvalidArgument,
                            fmt::format("expected methods among {}, found {}", fmt::join(methods, ", "), method));
    if (request.methods.empty())
        throw Exception(ErrorCode::InvalidArgument,
                        fmt::format("expected methods among {}, found none", fmt::join(methods, ", ")));
    if (asks(request, "least_squares") && plan.masks)
        throw Exception(ErrorCode::Unsupported,
                        "a plan without masks expected: weights that are fitted would not keep their zeros",
                        plan.masks->file);
}

/// What is done to projections, if anything.
std::optional<Correction> correctionOf(const RepairRequest &request)
{
    const bool bias = asks(request, "bias");
    if (asks(request, "least_squares"))
        return [correct = bias ? correctBoth : correctWeight,
                ridge = request.ridge](const LinearFit &fit, const Affine &old) { return correct(fit, old, ridge); };
    return bias ? std::optional<Correction>(correctBias) : std::nullopt;
}

/// Layers whose state space is without its recurrence.
std::set<int> layersOfSkips(const Plan &plan)
{
    std::set<int> layers;
    for (const Removal &removal : plan.removals)
        if (const auto unit = parseUnitId(removal.unit); unit && unit->kind == "recurrence")
            layers.insert(unit->layer);
    return layers;
}

/// As it would be written into a checkpoint.
at::Tensor rounded(const at::Tensor &value, const std::string &name, const ModelFiles &files)
{
    return value.to(torchType(files.checkpoint.find(files.storedNames.at(name))->dtype));
}

} // namespace

Plan withSkips(Plan plan)
{
    for (Removal &removal : plan.removals)
        if (const auto unit = parseUnitId(removal.unit); unit && unit->kind == "ssm" && unit->isPart())
            removal.unit = unitId("recurrence", unit->layer);
    return plan;
}

RepairReport repair(const Model::State &model, const Plan &plan, const RepairRequest &request, const Run &run)
{
    check(request, plan);
    const auto start = run.now();
    const ModelFiles &files = model.files;
    const data::Windows windows = data::readWindows(model.card().folder, request.text, request.protocol, run);
    RepairReport report{.plan = plan, .calibration = windows.calibration, .provenance = provenance(model, run)};
    report.denseNll = evaluation::evaluate(model, windows, {}, run).nll.value;
    report.nllBefore = evaluation::evaluate(model, windows, plan, run).nll.value;

    if (asks(request, "skip") || asks(request, "diagonal"))
        report.plan = withSkips(report.plan);
    NewWeights changed = newWeightsOf(plan, files.blueprint);
    if (asks(request, "diagonal")) {
        FittedSkips skips = fitSkips(model, layersOfSkips(report.plan), windows, run);
        for (const auto &[name, value] : skips.weights)
            changed[name] = rounded(value, name, files);
        report.weights = std::move(skips.fits);
    }
    if (const auto correction = correctionOf(request)) {
        std::vector<std::string> ofProjections = request.methods;
        std::erase_if(ofProjections,
                      [](const std::string &method) { return method == "skip" || method == "diagonal"; });
        RepairedProjections repaired = repairProjections(model, report.plan, std::move(changed), windows, *correction,
                                                         fmt::format("{}", fmt::join(ofProjections, ",")), run);
        changed = std::move(repaired.weights);
        std::ranges::copy(repaired.fits, std::back_inserter(report.weights));
    }
    if (!changed.empty())
        report.plan.weights = writeNewWeights(besidePlan(request.out, "weights"), changed);
    report.nllAfter = evaluation::evaluate(model, windows, report.plan, run).nll.value;
    pruning::writePlan(request.out, report.plan);
    report.seconds = std::chrono::duration<double>(run.now() - start).count();
    return report;
}

} // namespace ecdysis::pruning
