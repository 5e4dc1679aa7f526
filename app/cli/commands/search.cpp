// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/intel_files.h"
#include "app/cli/search_options.h"
#include "app/cli/search_report.h"

namespace ecdysis::cli::commands {

namespace {

std::string keptSentence(const Search *search, const std::filesystem::path &session)
{
    const std::size_t steps = search && !search->paths.empty() ? search->paths.front().steps.size() : 0;
    return session.empty() ? fmt::format("0 steps kept: {} were taken, but no --session was named", steps)
                           : fmt::format("{} steps kept in {}", steps, session.string());
}

Result<Report> perform(const SearchOptions &options, const std::filesystem::path &intel, Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto asked = requestOf(options, model->card());
    if (!asked)
        return tl::unexpected(asked.error());
    const SearchRequest &request = *asked;
    context.kept = keptSentence(nullptr, request.session);
    const auto listener = [&](const Search &search) { context.kept = keptSentence(&search, request.session); };
    const auto found = ecdysis::search(*model, request, listener, context.run);
    if (!found)
        return tl::unexpected(found.error());
    const Plan plan = planOf(found->settings, found->paths.front());
    if (!options.out.empty())
        if (const auto written = writePlan(options.out, plan); !written)
            return tl::unexpected(written.error());
    if (!intel.empty())
        if (const auto written = writeIntelFiles(intel, *found, model->card()); !written)
            return tl::unexpected(written.error());
    return Report{searchObject(*found), searchText(*found)};
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<SearchOptions>();
    auto intel = std::make_shared<std::filesystem::path>();
    addSearchOptions(app, *options);
    app.add_option("--intel-files", *intel,
                   "Write the config of every step and the log that Mamba-Shedder writes to this folder")
        ->type_name("DIR");
    return [options, intel](Context &context) { return perform(*options, *intel, context); };
}

} // namespace

extern const Command search;
const Command search{"search", "Remove unit after unit, the least needed first", define};

} // namespace ecdysis::cli::commands
