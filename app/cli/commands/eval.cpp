// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/task_report.h"
#include "app/cli/text_table.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan, text, csv;
    WindowProtocol protocol;
    TaskRequest tasks;
    bool relative = false;
};

std::string describe(const Evaluation &evaluation)
{
    return fmt::format("loss        {:.4f} {} nats per token\n"
                       "perplexity  {:.3f}\n"
                       "tokens      {} in {} windows of {}\n"
                       "time        {:.2f} s, {:.0f} tokens per second\n",
                       evaluation.nll.value, margin(evaluation.nll.standardError), evaluation.perplexity,
                       grouped(evaluation.tokens), evaluation.calibration.windows,
                       evaluation.calibration.protocol.window, evaluation.seconds, evaluation.tokensPerSecond);
}

Result<Report> evaluateText(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    return evaluate(model, options.text, options.protocol, plan, run).map([&](const Evaluation &evaluation) {
        return Report{evaluation, describe(evaluation)};
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

Result<Report> perform(const Options &options, const Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    const auto measure = options.tasks.files.empty() ? evaluateText : evaluateTasks;
    return measure(options, *model, *plan, context.run).map([&](Report report) {
        report.object["plan"] = *plan;
        return report;
    });
}

void addTaskOptions(CLI::App &app, Options &options)
{
    addInteger(app, "--limit", options.tasks.limit, 0, "Of a task, use the first so many items; 0: all");
    addInteger(app, "--max-length", options.tasks.maxLength, 0,
               "Of an item, show the model no more than the last so many tokens; 0: all");
    addInteger(app, "--batch-tokens", options.tasks.batchTokens, 1,
               "Of a task, compute about so many tokens at a time; no figure depends on it");
    app.add_flag("--relative", options.relative, "Of tasks, measure the dense model too and compare with it")
        ->needs(app.get_option("--plan"));
    app.add_option("--csv", options.csv, "Write the tasks' table to a file of comma-separated values")
        ->type_name("FILE");
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    CLI::Option_group *what = app.add_option_group("What is measured", "one of these");
    addText(*what, options->text);
    what->add_option("--task", options->tasks.files, "Zero-shot tasks: JSON lines, or HellaSwag's text form")
        ->delimiter(',')
        ->type_name("FILE,…");
    what->require_option(1);
    addPlan(app, options->plan);
    addProtocol(app, options->protocol);
    addTaskOptions(app, *options);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command eval;
const Command eval{"eval", "Measure the perplexity on a text, or the accuracy on tasks", define};

} // namespace ecdysis::cli::commands
