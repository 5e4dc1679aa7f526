// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/text_table.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan;
    BenchRequest request;
};

void addLatency(TextTable &table, const std::string &name, const Latency &latency)
{
    table.addRow({name, fmt::format("{:.1f}", latency.tokensPerSecond), fmt::format("{:.3f}", latency.median),
                  fmt::format("{:.3f}", latency.p10), fmt::format("{:.3f}", latency.p90)});
}

std::string describe(const BenchReport &report, const BenchRequest &request)
{
    TextTable table({"run", "tokens/s", "median ms", "p10 ms", "p90 ms"});
    if (request.prefill > 0)
        addLatency(table, fmt::format("prefill of {} × {}", request.batch, request.prefill), report.prefill);
    if (request.decode > 0)
        addLatency(table, fmt::format("decode of {} × 1", request.batch), report.decode);
    return fmt::format("{}\n\n{}\npeak memory {}\n", report.device, table.text(), byteCount(report.peakMemoryBytes));
}

Result<Report> perform(const Options &options, const Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto plan = readPlan(options.plan, model->card());
    if (!plan)
        return tl::unexpected(plan.error());
    return ecdysis::bench(*model, options.request, *plan, context.run).map([&](const BenchReport &report) {
        return Report{report, describe(report, options.request)};
    });
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
    addPlan(app, options->plan);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command bench;
const Command bench{"bench", "Measure latency and memory on this machine", define};

} // namespace ecdysis::cli::commands
