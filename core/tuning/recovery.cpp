// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/recovery.h"

#include <system_error>

#include "core/data/training_text.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/pruning/applied_plan.h"
#include "core/tuning/student.h"
#include "core/tuning/tuned_model.h"
#include "core/tuning/tuning.h"
#include "core/tuning/validation.h"

namespace ecdysis::tuning {

namespace {

data::TrainingData readData(const Model::State &model, const TuneRequest &request, const Run &run)
{
    data::TrainingData data =
        data::readTrainingText(model.card().folder, request.texts, request.validation, request.settings.length, run);
    data.validation = data::spread(data.validation, request.settings.validationExamples);
    for (const data::Examples *examples : {&data.training, &data.validation})
        evaluation::checkIds(examples->ids, *model.network, model.card().folder.string());
    return data;
}

void makeFolder(const std::filesystem::path &folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw Exception(ErrorCode::WriteFailed, "a folder for the run expected, it cannot be made: " + error.message(),
                        folder.string());
}

/// The losses before the plan, under it and after tuning: on what is held out, then on each further text.
std::vector<Recovery> results(const Model::State &model, const TuneRequest &request, const Plan &plan,
                              const data::Examples &heldOut, const std::vector<data::Windows> &texts,
                              const architectures::Weights &tuned, const Run &run)
{
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(model.card().layers));
    const pruning::AppliedPlan applied = pruning::apply(model, plan);
    const auto after = buildStudent(model, tuned);
    std::vector<Recovery> recoveries{{.text = request.validation.string(),
                                      .dense = validate(*model.network, nothing, heldOut, run),
                                      .before = validate(*applied.network, applied.removed, heldOut, run),
                                      .after = validate(*after, applied.removed, heldOut, run)}};
    for (const data::Windows &windows : texts)
        recoveries.push_back({.text = windows.calibration.text,
                              .dense = evaluation::evaluate(model, windows, {}, run).nll,
                              .before = evaluation::evaluate(model, windows, plan, run).nll,
                              .after = evaluate(*after, applied.removed, windows, run)});
    return recoveries;
}

} // namespace

Tuning recover(const Model::State &model, const TuneRequest &request, const Plan &plan, const TuneListener &listener,
               const Run &run)
{
    check(request.settings);
    const data::TrainingData data = readData(model, request, run);
    std::vector<data::Windows> texts;
    for (const std::filesystem::path &text : request.evaluationTexts)
        texts.push_back(data::readWindows(model.card().folder, text, request.protocol, run));
    makeFolder(request.out);
    const auto tell = [&](const Tuning &tuning) {
        if (listener)
            listener(tuning);
    };
    Tuned tuned = tune(model, plan, request.settings, data, request.out, request.saveEvery, tell, run);
    tuned.tuning.results = results(model, request, plan, data.validation, texts, tuned.weights, run);
    writeTunedModel(model, plan, tuned.weights, request.out);
    return std::move(tuned.tuning);
}

} // namespace ecdysis::tuning
