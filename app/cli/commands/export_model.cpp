// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/text_table.h"
#include "core/values/export_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan;
    ExportRequest request;
    bool verify = false;
    TextOptions text;
};

std::string describe(const ExportReport &report, const std::optional<ExportCheck> &check)
{
    std::string text =
        fmt::format("parameters  {}\n"
                    "bytes       {}\n"
                    "layout      {}\n"
                    "loads with  {}\n"
                    "files       {}\n",
                    grouped(report.parameters), grouped(report.bytes), report.layout,
                    report.loaders.empty() ? "this program alone" : fmt::format("{}", fmt::join(report.loaders, ", ")),
                    fmt::join(report.files, ", "));
    for (const std::string &reason : report.reasons)
        text += fmt::format("because     {}\n", reason);
    if (check)
        text += fmt::format("verified    loss {:.6f} before, {:.6f} after, {:.1e} allowed\n", check->before,
                            check->after, check->tolerance);
    return text;
}

Result<std::optional<ExportCheck>> verified(const Options &options, const Plan &plan, const Context &context)
{
    if (!options.verify)
        return std::optional<ExportCheck>();
    const auto parent = ecdysis::load(options.model, context.compute, context.run);
    if (!parent)
        return tl::unexpected(parent.error());
    return checkExport(*parent, plan, options.request.folder, options.text.text, options.text.protocol, context.run)
        .map([](const ExportCheck &check) { return std::optional(check); });
}

Result<Report> perform(const Options &options, const Context &context)
{
    const auto card = inspect(options.model);
    if (!card)
        return tl::unexpected(card.error());
    const auto plan = readPlan(options.plan, *card);
    if (!plan)
        return tl::unexpected(plan.error());
    const auto report = exportModel(options.model, *plan, options.request, context.run);
    if (!report)
        return tl::unexpected(report.error());
    return verified(options, *plan, context).map([&](const std::optional<ExportCheck> &check) {
        nlohmann::json object = *report;
        object["out"] = options.request.folder.string();
        object["plan"] = *plan;
        if (check)
            object["verified"] = *check;
        return Report{object, describe(*report, check)};
    });
}

/// --dtype, which here is that of the files; what is verified is computed in float32.
void addStoredType(CLI::App &app, ExportRequest &request)
{
    static const std::map<std::string, std::optional<DType>> types{
        {"as-stored", std::nullopt}, {"f32", DType::F32}, {"bf16", DType::BF16}, {"f16", DType::F16}};
    app.add_option_function<std::string>(
           "--dtype", [&request](const std::string &name) { request.dtype = types.at(name); },
           "Type of the stored weights; parameters of state spaces keep their digits")
        ->check(CLI::IsMember({"as-stored", "f32", "bf16", "f16"}))
        ->default_str("as-stored");
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    ExportRequest &request = options->request;
    addModel(app, options->model);
    addPlan(app, options->plan);
    app.get_option("--plan")->required();
    app.add_option("--out", request.folder, "Folder to write, which must not exist or be empty")
        ->required()
        ->type_name("DIR");
    app.add_option("--format", request.layout, "Names and config of Hugging Face (hf) or of state-spaces (original)")
        ->check(CLI::IsMember({"hf", "original"}))
        ->default_str("as the model");
    app.add_option("--container", request.container, "Kind of the weight files")
        ->check(CLI::IsMember({"safetensors", "bin"}))
        ->default_str("safetensors; bin for original");
    addStoredType(app, request);
    addInteger(app, "--shard-size", request.shardBytes, std::int64_t{1}, "Most bytes of a file of weights");
    app.add_flag("--intel-config", request.intelConfig, "Write Mamba-Shedder's pruning_config.json beside it");
    TextOptions &text = options->text;
    addTextOptions(app, text);
    CLI::Option *file = app.get_option("--text")->required(false);
    app.add_flag("--verify", options->verify,
                 "Load what was written and compare its loss on the text with that of the plan on the model")
        ->needs(file);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command export_model;
const Command export_model{"export", "Write the model without what a plan takes", define};

} // namespace ecdysis::cli::commands
