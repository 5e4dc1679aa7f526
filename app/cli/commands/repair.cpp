// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/text_table.h"
#include "core/values/repair_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan;
    TextOptions text;
    RepairRequest request;
};

std::string describe(const RepairReport &report, const std::filesystem::path &out)
{
    TextTable table({"weight", "method", "error before", "after"});
    for (const RepairedWeight &weight : report.weights)
        table.addRow(
            {weight.weight, weight.method, fmt::format("{:.5f}", weight.before), fmt::format("{:.5f}", weight.after)});
    return fmt::format("{}{}loss on the calibration: dense {:.4f}, plan {:.4f}, repaired {:.4f}\n{}{} written\n",
                       report.weights.empty() ? "" : table.text(), report.weights.empty() ? "" : "\n", report.denseNll,
                       report.nllBefore, report.nllAfter, out.string(),
                       report.plan.weights ? " and " + report.plan.weights->file : "");
}

Result<Report> perform(const Options &options, const Context &context)
{
    RepairRequest request = options.request;
    request.text = options.text.text;
    request.protocol = options.text.protocol;
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    return ecdysis::repair(*model, *plan, request, context.run).map([&](const RepairReport &report) {
        nlohmann::json object = report;
        object["out"] = request.out.string();
        return Report{object, describe(report, request.out)};
    });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    RepairRequest &request = options->request;
    addModel(app, options->model);
    addPlan(app, options->plan);
    app.get_option("--plan")->required();
    app.add_option(
           "--method", request.methods,
           "skip: state spaces keep D·x; diagonal: with D fitted; least_squares: projections behind what is gone "
           "are fitted to the dense outputs; bias: only their means are; several with commas")
        ->required()
        ->delimiter(',')
        ->check(CLI::IsMember({"skip", "diagonal", "least_squares", "bias"}))
        ->type_name("M[,…]");
    app.add_option("--ridge", request.ridge, "How strongly least squares holds to the old weights, relative to inputs")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->type_name("X");
    addTextOptions(app, options->text);
    app.add_option("--out", request.out, "Plan to write; new weights go beside it, *.weights.safetensors")
        ->required()
        ->type_name("FILE");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command repair;
const Command repair{"repair", "Make up for what a plan takes out with what is left, and write a plan of it", define};

} // namespace ecdysis::cli::commands
