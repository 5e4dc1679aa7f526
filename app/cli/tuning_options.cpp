// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/tuning_options.h"

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli/common_options.h"

namespace ecdysis::cli {

namespace {

CLI::Option *addNumber(CLI::App &app, const std::string &name, double &value, const std::string &text)
{
    return app.add_option(name, value, text)
        ->check(CLI::NonNegativeNumber.description(""))
        ->capture_default_str()
        ->type_name("X");
}

void addFiles(CLI::App &app, TuneRequest &request)
{
    auto *source = app.add_option_group("source");
    source->add_option("--text", request.texts, "Text files to learn from, UTF-8")
        ->delimiter(',')
        ->type_name("FILE[,FILE...]");
    source
        ->add_option("--instructions", request.instructions,
                     "JSON list or JSON lines of \"instruction\", \"input\", \"output\" instead: answers are learned")
        ->type_name("FILE");
    source->require_option(1);
    app.add_option("--validation", request.validation,
                   "File to choose the best step by; otherwise the last 2 % of what is learned from are held out")
        ->type_name("FILE");
    app.add_option("--eval-text", request.evaluationTexts,
                   "Texts whose loss is measured dense, before and after as well")
        ->delimiter(',')
        ->type_name("FILE[,FILE...]");
    addInteger(app, "--window", request.protocol.window, 2, "Tokens of a window of these texts");
    addInteger(app, "--max-windows", request.protocol.maxWindows, 0, "Use the first so many windows of these; 0: all");
    app.add_option("--out", request.out, "Folder of the tuned model and of the run, which is continued if it is there")
        ->required()
        ->type_name("DIR");
}

void addCourse(CLI::App &app, TuneRequest &request)
{
    TuningSettings &settings = request.settings;
    addInteger(app, "--steps", settings.steps, 1, "Steps")->required();
    addInteger(app, "--batch", settings.batch, 1, "Examples computed at once");
    addInteger(app, "--accumulate", settings.accumulate, 1, "Batches of a step");
    addInteger(app, "--length", settings.length, 0,
               "Tokens of a window of text, most tokens of an instruction with its answer; 0: 512, or 256");
    addInteger(app, "--validate-every", settings.validateEvery, 1, "Steps from one validation to the next");
    addInteger(app, "--validation-examples", settings.validationExamples, 0,
               "Use so many of what is held out, at equal distances; 0: all");
    addInteger(app, "--validation-windows", settings.validationWindows, 0,
               "Measure each --eval-text at each validation, too, on its first so many windows; 0: only at the end");
    addInteger(app, "--patience", settings.patience, 0, "End after so many validations without a new best; 0: never");
    addInteger(app, "--save-every", request.saveEvery, 1,
               "Steps after which what the run is continued from is written, as it is at each validation");
}

void addOptimiser(CLI::App &app, TuningSettings &settings)
{
    static const std::map<std::string, Decay> decays{
        {"constant", Decay::Constant}, {"linear", Decay::Linear}, {"cosine", Decay::Cosine}};
    LearningRate &rate = settings.learningRate;
    addNumber(app, "--learning-rate", rate.peak, "Largest learning rate");
    addInteger(app, "--warmup", rate.warmup, 0, "Steps in which it grows from 0");
    app.add_option_function<std::string>(
           "--decay", [&rate](const std::string &name) { rate.decay = decays.at(name); }, "How it goes down after that")
        ->check(CLI::IsMember(decays))
        ->default_str("cosine");
    addNumber(app, "--last-rate", rate.last, "Share of it that is left at the last step");
    addNumber(app, "--weight-decay", settings.adamW.weightDecay, "Decay of AdamW, of matrices only");
    addNumber(app, "--beta1", settings.adamW.beta1, "Of AdamW: share of the mean gradient that a step keeps");
    addNumber(app, "--beta2", settings.adamW.beta2, "The same of the mean square");
    addNumber(app, "--clip", settings.clip, "Largest norm of all gradients together; 0: any");
}

void addLowRank(CLI::App &app, LowRank &settings)
{
    addInteger(app, "--lora", settings.rank, 0, "Learn additions of this rank (LoRA) instead of all weights; 0: all");
    addNumber(app, "--lora-alpha", settings.alpha, "Additions are multiplied by this over their rank");
    addNumber(app, "--lora-dropout", settings.dropout, "Share of their inputs that is left out of each batch");
    app.add_option("--lora-modules", settings.modules, "Projections that have them: in_proj,out_proj; otherwise all")
        ->delimiter(',')
        ->type_name("NAME[,NAME...]");
}

/// "kl:temperature=2,weight=1" or "hidden:weight=1".
void readDistillation(const std::string &text, Objective &objective)
{
    const auto colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    const std::map<std::string, double Objective::*> weights = {
        {"kl", &Objective::divergence}, {"hidden", &Objective::hidden}, {"layers", &Objective::layers}};
    if (!weights.contains(kind))
        throw CLI::ValidationError("--distill", "kl, hidden or layers expected, \"" + kind + "\" found");
    double &weight = objective.*weights.at(kind);
    weight = 1;
    std::istringstream settings(colon == text.npos ? "" : text.substr(colon + 1));
    for (std::string setting; std::getline(settings, setting, ',');) {
        const auto sign = setting.find('=');
        const std::string name = setting.substr(0, sign);
        double value = 0;
        const bool known = name == "weight" || (name == "temperature" && kind == "kl");
        if (!known || sign == setting.npos || !CLI::detail::lexical_cast(setting.substr(sign + 1), value) || value <= 0)
            throw CLI::ValidationError("--distill", "weight" + std::string(kind == "kl" ? " or temperature" : "") +
                                                        "=X with X above 0 expected, \"" + setting + "\" found");
        (name == "weight" ? weight : objective.temperature) = value;
    }
}

void addObjective(CLI::App &app, Objective &objective)
{
    addNumber(app, "--label-weight", objective.labels, "Weight of the text's own tokens in the loss");
    app.add_option_function<std::vector<std::string>>(
           "--distill",
           [&objective](const std::vector<std::string> &terms) {
               for (const std::string &term : terms)
                   readDistillation(term, objective);
           },
           "Stay near the dense model: kl[:temperature=2,weight=1], its predictions; hidden[:weight=1], its last "
           "hidden state; layers[:weight=1], the residual stream after each layer. May be given once for each")
        ->type_name("KIND[:SETTINGS]");
}

} // namespace

void addTuningOptions(CLI::App &app, TuneRequest &request)
{
    addFiles(app, request);
    addCourse(app, request);
    addOptimiser(app, request.settings);
    addLowRank(app, request.settings.lowRank);
    addObjective(app, request.settings.objective);
}

} // namespace ecdysis::cli
