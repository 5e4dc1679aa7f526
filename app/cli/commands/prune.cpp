// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/score_help.h"
#include "app/cli/text_table.h"
#include "core/values/prune_report_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model;
    TextOptions text;
    PruneRequest request;
};

std::string percent(std::int64_t part, std::int64_t whole)
{
    return fmt::format("{:.2f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string describe(const PruneReport &report, const std::filesystem::path &out)
{
    TextTable table({"component", "weights", "removed", "sparsity"});
    for (const ComponentSparsity &component : report.components)
        table.addRow({component.name, grouped(component.weights), grouped(component.removed),
                      percent(component.removed, component.weights)});
    return fmt::format("{}\n{} weights removed: {} of the {} prunable, {} of the model's {} parameters\n"
                       "{} and {} written\n",
                       table.text(), grouped(report.removed), percent(report.removed, report.prunable),
                       grouped(report.prunable), percent(report.removed, report.parameters), grouped(report.parameters),
                       out.string(), report.plan.masks->file);
}

Result<Report> perform(const Options &options, const Context &context)
{
    PruneRequest request = options.request;
    request.text = options.text.text;
    request.protocol = options.text.protocol;
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    return ecdysis::prune(*model, request, context.run).map([&](const PruneReport &report) {
        nlohmann::json object = report;
        object["out"] = request.out.string();
        return Report{object, describe(report, request.out)};
    });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    PruneRequest &request = options->request;
    addModel(app, options->model);
    addScore(app, request.score, [](const ScoreInfo &score) { return score.ofWeights; });
    app.add_option("--sparsity", request.sparsity, "Fraction of the prunable weights that goes")
        ->required()
        ->check(CLI::Range(0.0, 1.0))
        ->type_name("S");
    app.add_option("--scope", request.scope,
                   "Within which weights are compared: all of the model, those of a tensor, of a layer, of one output")
        ->check(CLI::IsMember({"global", "tensor", "layer", "row"}))
        ->capture_default_str();
    addTextOptions(app, options->text);
    app.get_option("--text")->required(false);
    app.add_option("--out", request.out, "Plan to write; its masks go beside it, *.masks.safetensors")
        ->required()
        ->type_name("FILE");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command prune;
const Command prune{"prune", "Choose weights to be zero by a score, and write a plan of them", define};

} // namespace ecdysis::cli::commands
