// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/score_help.h"
#include "app/cli/text_table.h"
#include "core/values/ranking_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model;
    TextOptions text;
    RankRequest request;
};

std::string describe(const Ranking &ranking)
{
    TextTable table({"unit", "score"});
    for (const RankedUnit &unit : ranking.units)
        table.addRow({unit.unit, fmt::format("{:.6g}", unit.score)});
    return fmt::format("{}\nthe least important first, by {}\n", table.text(), ranking.score);
}

Result<Report> perform(const Options &options, const Context &context)
{
    RankRequest request = options.request;
    request.text = options.text.text;
    request.protocol = options.text.protocol;
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    return ecdysis::rank(*model, request, context.run).map([](const Ranking &ranking) {
        return Report{ranking, describe(ranking)};
    });
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    RankRequest &request = options->request;
    addModel(app, options->model);
    addScore(app, request.score, [](const ScoreInfo &) { return true; });
    app.add_option("--units", request.kinds, "Kinds of unit to rank together")
        ->delimiter(',')
        ->required()
        ->type_name("KIND[,KIND...]");
    addInteger(app, "--group", request.group, std::int64_t{0},
               "Entries of a width in one unit; 0: the groups that `inspect` lists");
    addTextOptions(app, options->text);
    app.get_option("--text")->required(false);
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command rank;
const Command rank{"rank", "Rank units by an importance score", define};

} // namespace ecdysis::cli::commands
