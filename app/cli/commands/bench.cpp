// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/csv.h"
#include "app/cli/text_table.h"
#include "core/values/latency_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan, csv;
    BenchRequest request;
    int context = 0; ///< 0: that of the request
    bool againstDense = false;
};

/// A row of the table: a part of a model's times.
struct Row
{
    std::string model, part;
    Latency latency;
};

std::vector<Row> rowsOf(const std::string &model, const BenchReport &report, const BenchRequest &request)
{
    std::vector<Row> rows;
    if (request.prefill > 0)
        rows.push_back({model, fmt::format("prefill of {} × {}", request.batch, request.prefill), report.prefill});
    if (request.decode > 0)
        rows.push_back({model, fmt::format("decode of {} × 1", request.batch), report.decode});
    return rows;
}

std::string tableOf(const std::vector<Row> &rows)
{
    TextTable table({"run", "tokens/s", "median ms", "p10 ms", "p90 ms"});
    for (const auto &[model, part, latency] : rows)
        table.addRow({model.empty() ? part : model + ", " + part, fmt::format("{:.1f}", latency.tokensPerSecond),
                      fmt::format("{:.3f}", latency.median), fmt::format("{:.3f}", latency.p10),
                      fmt::format("{:.3f}", latency.p90)});
    return table.text();
}

std::string csvOf(const std::vector<Row> &rows)
{
    std::string text =
        csvLine({"model", "run", "tokens_per_second", "milliseconds_median", "milliseconds_p10", "milliseconds_p90"});
    for (const auto &[model, part, latency] : rows)
        text += csvLine({model, part, csvNumber(latency.tokensPerSecond), csvNumber(latency.median),
                         csvNumber(latency.p10), csvNumber(latency.p90)});
    return text;
}

std::string memoryText(const StateMemory &memory)
{
    return fmt::format("states {}, keys and values {} behind {} tokens", byteCount(memory.stateBytes),
                       byteCount(memory.cacheBytes), grouped(memory.context));
}

std::string speedupText(const char *part, const Speedup &speedup)
{
    return fmt::format("{} {:.3f} times as fast ({:.3f} to {:.3f})\n", part, speedup.median, speedup.p10, speedup.p90);
}

Result<Report> report(const Options &options, const std::vector<Row> &rows, nlohmann::json object,
                      const std::string &text)
{
    if (!options.csv.empty())
        if (const auto written = writeText(options.csv, csvOf(rows)); !written)
            return tl::unexpected(written.error());
    return Report{std::move(object), text};
}

Result<Report> benchAlone(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    const auto memory = stateMemory(model, options.request.batch, options.context, plan, run);
    if (!memory)
        return tl::unexpected(memory.error());
    const auto found = ecdysis::bench(model, options.request, plan, run);
    if (!found)
        return tl::unexpected(found.error());
    nlohmann::json object = *found;
    object["memory"] = *memory;
    const std::vector<Row> rows = rowsOf("", *found, options.request);
    return report(options, rows, std::move(object),
                  fmt::format("{}\n\n{}\n{}\npeak memory {}\n", found->device, tableOf(rows), memoryText(*memory),
                              byteCount(found->peakMemoryBytes)));
}

Result<Report> benchInTurn(const Options &options, const Model &model, const Plan &plan, const Run &run)
{
    const BenchRequest &request = options.request;
    const auto memory = stateMemory(model, request.batch, options.context, plan, run);
    if (!memory)
        return tl::unexpected(memory.error());
    const auto denseMemory = stateMemory(model, request.batch, options.context, {}, run);
    if (!denseMemory)
        return tl::unexpected(denseMemory.error());
    const auto found = benchAgainstDense(model, request, plan, run);
    if (!found)
        return tl::unexpected(found.error());
    nlohmann::json object = *found;
    object["memory"] = *memory;
    object["dense"]["memory"] = *denseMemory;
    std::vector<Row> rows = rowsOf("plan", found->measured, request);
    for (const Row &row : rowsOf("dense", found->dense, request))
        rows.push_back(row);
    std::string text = fmt::format("{}\n\n{}\n", found->measured.device, tableOf(rows));
    if (request.prefill > 0)
        text += speedupText("prefill", found->prefill);
    if (request.decode > 0)
        text += speedupText("decode ", found->decode);
    text += fmt::format("plan:  {}\ndense: {}\npeak memory of both {}\n", memoryText(*memory), memoryText(*denseMemory),
                        byteCount(found->measured.peakMemoryBytes));
    return report(options, rows, std::move(object), text);
}

Result<Report> perform(Options options, const Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    if (options.context == 0)
        options.context = options.request.prefill + options.request.decode;
    return options.againstDense ? benchInTurn(options, *model, *plan, context.run)
                                : benchAlone(options, *model, *plan, context.run);
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    BenchRequest &request = options->request;
    addModel(app, options->model);
    addInteger(app, "--prefill", request.prefill, 0, "Tokens of the prefill; 0: none");
    addInteger(app, "--decode", request.decode, 0, "Tokens decoded one by one; 0: none");
    addInteger(app, "--batch", request.batch, 1, "Sequences at a time");
    addInteger(app, "--repeat", request.repeat, 1, "Times each is run, after one warm-up");
    addInteger(app, "--context", options->context, 0,
               "Tokens for which the memory of states, keys and values is told; 0: those of prefill and decode");
    addPlan(app, options->plan);
    app.add_flag("--against-dense", options->againstDense, "Time the dense model too, in turn with the plan's")
        ->needs(app.get_option("--plan"));
    app.add_option("--csv", options->csv, "Write the table of times to a file of comma-separated values")
        ->type_name("FILE");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command bench;
const Command bench{"bench", "Measure latency and memory on this machine", define};

} // namespace ecdysis::cli::commands
