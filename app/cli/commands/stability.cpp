// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/search_options.h"
#include "app/cli/stability_report.h"
#include "core/values/stability_json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    SearchOptions search;
    int draws = 5;
};

std::string keptSentence(int finished, const std::filesystem::path &session)
{
    return session.empty() ? fmt::format("0 draws kept: {} were finished, but no --session was named", finished)
                           : fmt::format("{} draws and what was measured since kept in {}", finished, session.string());
}

Result<Report> perform(const Options &options, Context &context)
{
    const auto model = ecdysis::load(options.search.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    auto asked = requestOf(options.search, model->card());
    if (!asked)
        return tl::unexpected(asked.error());
    if (!options.search.protocol.draw)
        for (std::size_t stage = 0; stage < asked->settings.stages.size(); ++stage)
            asked->settings.stages[stage].protocol.draw = context.compute.seed + stage;
    context.kept = keptSentence(0, asked->session);
    const auto listener = [&](int finished, const Search &) { context.kept = keptSentence(finished, asked->session); };
    const auto found = ecdysis::stability(*model, {.search = *asked, .draws = options.draws}, listener, context.run);
    if (!found)
        return tl::unexpected(found.error());
    if (!options.search.out.empty())
        if (const auto written = writePlan(options.search.out, found->consensus); !written)
            return tl::unexpected(written.error());
    return Report{*found, stabilityText(*found)};
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addSearchOptions(app, options->search);
    addInteger(app, "--draws", options->draws, 2, "Searches, each on windows drawn anew: by --draw (or --seed) and on");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command stability;
const Command stability{"stability", "Search on several draws of windows and say how alike the results are", define};

} // namespace ecdysis::cli::commands
