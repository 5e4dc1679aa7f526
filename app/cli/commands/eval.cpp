// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/task_report.h"
#include "app/cli/text_report.h"
#include "core/values/position_profile_json.h"
#include "core/values/recall_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan, text, csv;
    WindowProtocol protocol;
    TaskRequest tasks;
    RecallRequest recall{.task = {}};
    bool byPosition = false;
    bool relative = false;
};

using Measure = Result<Report> (*)(const Options &, const Model &, const Plan &, const Run &);

Result<Report> evaluateText(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    return evaluate(model, options.text, options.protocol, plan, run).map([&](const Evaluation &evaluation) {
        return Report{evaluation, evaluationText(evaluation)};
    });
}

Result<Report> evaluatePositions(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    return evaluateByPosition(model, options.text, options.protocol, plan, run)
        .map([&](const PositionProfile &profile) {
            return Report{profile, profileText(profile)};
        });
}

Result<Report> evaluateTasks(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    auto measured = ecdysis::evaluateTasks(model, options.tasks, plan, run);
    if (!measured)
        return tl::unexpected(measured.error());
    TaskFigures figures{std::move(*measured), {}};
    if (options.relative) {
        auto dense = ecdysis::evaluateTasks(model, options.tasks, {}, run);
        if (!dense)
            return tl::unexpected(dense.error());
        figures.dense = std::move(*dense);
    }
    if (!options.csv.empty())
        if (const auto written = writeText(options.csv, taskCsv(figures)); !written)
            return tl::unexpected(written.error());
    return Report{taskObject(figures), taskText(figures)};
}

Result<Report> evaluateRecall(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    RecallRequest request = options.recall;
    request.seed = model.options().seed;
    return ecdysis::evaluateRecall(model, request, plan, run).map([&](const RecallReport &report) {
        return Report{report, recallText(report)};
    });
}

/// What the options ask for.
Measure measureOf(const Options &options)
{
    if (!options.tasks.files.empty())
        return evaluateTasks;
    if (!options.recall.task.empty())
        return evaluateRecall;
    return options.byPosition ? evaluatePositions : evaluateText;
}

Result<Report> perform(const Options &options, const Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    return measureOf(options)(options, *model, *plan, context.run).map([&](Report report) {
        report.object["plan"] = *plan;
        return report;
    });
}

/// Options that go with one kind of measurement alone.
void addTextOptions(CLI::App &app, Options &options, CLI::Option *text)
{
    addProtocol(app, options.protocol);
    app.add_flag("--by-position", options.byPosition,
                 "Tell losses apart by the number of tokens before; with a plan, beside the dense model")
        ->needs(text);
}

void addTaskOptions(CLI::App &app, Options &options, CLI::Option *task)
{
    addInteger(app, "--limit", options.tasks.limit, 0, "Of a task, use the first so many items; 0: all")->needs(task);
    addInteger(app, "--max-length", options.tasks.maxLength, 0,
               "Of an item, show the model no more than the last so many tokens; 0: all")
        ->needs(task);
    addInteger(app, "--batch-tokens", options.tasks.batchTokens, 1,
               "Of a task, compute about so many tokens at a time; results differ by rounding alone")
        ->needs(task);
    app.add_flag("--relative", options.relative, "Of tasks, measure the dense model too and compare with it")
        ->needs(task, app.get_option("--plan"));
    app.add_option("--csv", options.csv, "Write the tasks' table to a file of comma-separated values")
        ->type_name("FILE")
        ->needs(task);
}

void addRecallOptions(CLI::App &app, Options &options, CLI::Option *recall)
{
    app.add_option("--distances", options.recall.distances, "Of recall, tokens from a key to its query")
        ->delimiter(',')
        ->check(CLI::Range(2, 1 << 20).description(""))
        ->capture_default_str()
        ->type_name("N,…")
        ->needs(recall);
    addInteger(app, "--examples", options.recall.examples, 1, "Of recall, sequences of each distance")->needs(recall);
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    CLI::Option_group *what = app.add_option_group("What is measured");
    what->require_option(1);
    CLI::Option *text = addText(*what, options->text);
    CLI::Option *task =
        what->add_option("--task", options->tasks.files, "Zero-shot tasks: JSON lines, or HellaSwag's text form")
            ->delimiter(',')
            ->type_name("FILE,…");
    CLI::Option *recall = what->add_option("--recall", options->recall.task,
                                           "Recall of what stood once in the context, in words of the model's own")
                              ->check(CLI::IsMember({"induction", "mqar"}));
    addPlan(app, options->plan);
    addTextOptions(app, *options, text);
    addTaskOptions(app, *options, task);
    addRecallOptions(app, *options, recall);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command eval;
const Command eval{"eval", "Measure the perplexity on a text, the accuracy on tasks, or recall", define};

} // namespace ecdysis::cli::commands
