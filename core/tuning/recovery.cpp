// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/recovery.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "core/data/instructions.h"
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

/// Tokens of a window of text, or at most of an instruction, where the request does not say.
constexpr int lengthOfText = 512;
constexpr int lengthOfInstruction = 256;

/// The token that ends an answer, where the model has one.
std::optional<std::int64_t> endToken(const io::Config &config)
{
    const nlohmann::json &object = config.json();
    const auto found = object.find("eos_token_id");
    if (found == object.end() || found->is_null())
        return std::nullopt;
    return found->is_array() ? config.integers("eos_token_id")->at(0) : config.integer("eos_token_id");
}

data::TrainingData readData(const Model::State &model, const TuneRequest &request, const TuningSettings &settings,
                            const Run &run)
{
    const std::filesystem::path &folder = model.card().folder;
    data::TrainingData data =
        request.instructions.empty()
            ? data::readTrainingText(folder, request.texts, request.validation, settings.length, run)
            : data::readInstructionData(folder, request.instructions, request.validation, endToken(model.files.config),
                                        settings.length, run);
    data.validation = data::spread(data.validation, settings.validationExamples);
    for (const data::Examples *examples : {&data.training, &data.validation})
        evaluation::checkIds(examples->ids, *model.network, folder.string());
    return data;
}

TuningSettings resolved(const TuneRequest &request)
{
    if (request.texts.empty() == request.instructions.empty())
        throw Exception(ErrorCode::InvalidArgument, fmt::format("expected either texts or instructions to learn from, "
                                                                "found {}",
                                                                request.texts.empty() ? "neither" : "both"));
    TuningSettings settings = request.settings;
    if (settings.length == 0)
        settings.length = request.instructions.empty() ? lengthOfText : lengthOfInstruction;
    check(settings);
    return settings;
}

/// The first so many windows of each text.
std::vector<data::Windows> beginnings(const std::vector<data::Windows> &texts, std::int64_t count)
{
    std::vector<data::Windows> result;
    for (const data::Windows &windows : texts) {
        result.push_back(windows);
        result.back().ids = windows.ids.narrow(0, 0, std::min(count, windows.ids.size(0)));
    }
    return result;
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
    const auto after = buildMeasured(model, tuned);
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
    const TuningSettings settings = resolved(request);
    data::TrainingData data = readData(model, request, settings, run);
    std::vector<data::Windows> texts;
    for (const std::filesystem::path &text : request.evaluationTexts)
        texts.push_back(data::readWindows(model.card().folder, text, request.protocol, run));
    if (settings.validationWindows > 0)
        data.watched = beginnings(texts, settings.validationWindows);
    makeFolder(request.out);
    const auto tell = [&](const Tuning &tuning) {
        if (listener)
            listener(tuning);
    };
    Tuned tuned = tune(model, plan, settings, data, request.out, request.saveEvery, tell, run);
    tuned.tuning.results = results(model, request, plan, data.validation, texts, tuned.weights, run);
    writeTunedModel(model, plan, tuned.weights, request.out, run);
    return std::move(tuned.tuning);
}

} // namespace ecdysis::tuning
