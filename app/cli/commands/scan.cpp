// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/scan_report.h"
#include "app/cli/text_table.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model;
    TextOptions text;
    ScanRequest request;
    std::int64_t prefixMebibytes = ScanRequest{}.prefixBytes >> 20;
};

std::string keptSentence(const Scan &scan, const std::filesystem::path &session)
{
    const std::size_t cells = measuredCells(scan);
    return session.empty() ? fmt::format("0 cells kept: {} were measured, but no --session was named", cells)
                           : fmt::format("{} cells kept in {}", cells, session.string());
}

/// The asked kinds of a scan that may hold more from an earlier sitting.
Scan onlyKinds(Scan scan, const std::vector<std::string> &kinds)
{
    std::erase_if(scan.cells, [&](const Cell &cell) { return std::ranges::count(kinds, cell.kind) == 0; });
    return scan;
}

double evaluationsOf(const ModelCard &card, std::vector<Cell> cells)
{
    for (Cell &cell : cells)
        cell.losses.clear();
    return evaluationsEquivalent(card, cells);
}

Result<Report> perform(const Options &options, Context &context)
{
    ScanRequest request = options.request;
    request.text = options.text.text;
    request.protocol = options.text.protocol;
    request.prefixBytes = options.prefixMebibytes << 20;
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    context.kept = keptSentence(Scan(), request.session);
    const auto listener = [&](const Scan &scan, int) { context.kept = keptSentence(scan, request.session); };
    return ecdysis::scan(*model, request, listener, context.run).map([&](const Scan &whole) {
        const Scan scan = onlyKinds(whole, request.kinds);
        const double evaluations = evaluationsOf(model->card(), scan.cells);
        nlohmann::json object = scanObject(scan);
        object["evaluations_equivalent"] = evaluations;
        return Report{object, fmt::format("{}\n{:.1f} evaluations' worth of work, {} in all\n", scanText(scan),
                                          evaluations, clockTime(scan.seconds))};
    });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    app.add_option("--units", options->request.kinds, "Kinds of unit to take out, one after the other")
        ->delimiter(',')
        ->required()
        ->type_name("KIND[,KIND...]");
    addTextOptions(app, options->text);
    app.add_option("--session", options->request.session,
                   "File that keeps each cell as it is finished (*.ecdysis); an unfinished scan in it is continued")
        ->type_name("FILE");
    addInteger(app, "--prefix-memory", options->prefixMebibytes, std::int64_t{0},
               "MiB that stored residual streams may take")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30).description(""));
    app.add_option("--method", "What is done to a unit")->check(CLI::IsMember({"removal"}))->default_str("removal");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command scan;
const Command scan{"scan", "Measure the loss without each unit in turn", define};

} // namespace ecdysis::cli::commands
