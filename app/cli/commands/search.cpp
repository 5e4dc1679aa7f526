// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/intel_files.h"
#include "app/cli/search_report.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path model, plan, out, intel;
    TextOptions text;
    SearchStage stage;               ///< what all stages have in common, or the only one
    std::vector<std::string> stages; ///< TARGETS:STEPS[@FILE]
    SearchRequest request;
    std::int64_t prefixMebibytes = SearchRequest{}.prefixBytes >> 20;
};

double number(const std::string &option, const std::string &text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw CLI::ValidationError(option, "a number expected, \"" + text + "\" found");
    return value;
}

/// "block,attention:8@calibration.txt".
SearchStage parsedStage(const std::string &text, SearchStage stage)
{
    const auto colon = text.find(':');
    const auto at = text.find('@', colon == text.npos ? 0 : colon);
    if (colon == text.npos)
        throw CLI::ValidationError("--stages", "TARGETS:STEPS[@FILE] expected, \"" + text + "\" found");
    stage.targets = CLI::detail::split(text.substr(0, colon), ',');
    stage.steps = static_cast<int>(number("--stages", text.substr(colon + 1, at - colon - 1)));
    if (at != text.npos)
        stage.text = text.substr(at + 1);
    return stage;
}

/// What is wrong with the text of a stage; empty: nothing.
std::string complaintAbout(const std::string &text)
{
    try {
        parsedStage(text, {});
        return {};
    } catch (const CLI::ValidationError &error) {
        return error.what();
    }
}

std::vector<SearchStage> stagesOf(const Options &options)
{
    SearchStage common = options.stage;
    common.text = options.text.text.string();
    common.protocol = options.text.protocol;
    if (options.stages.empty())
        return {common};
    std::vector<SearchStage> stages;
    for (const std::string &text : options.stages) {
        stages.push_back(parsedStage(text, common));
        // Each stage draws windows and rows of its own.
        WindowProtocol &protocol = stages.back().protocol;
        const std::size_t before = stages.size() - 1;
        if (protocol.draw)
            *protocol.draw += before;
        if (protocol.sample)
            protocol.sample->seed += before;
    }
    return stages;
}

std::string keptSentence(const Search *search, const std::filesystem::path &session)
{
    const std::size_t steps = search && !search->paths.empty() ? search->paths.front().steps.size() : 0;
    return session.empty() ? fmt::format("0 steps kept: {} were taken, but no --session was named", steps)
                           : fmt::format("{} steps kept in {}", steps, session.string());
}

Result<Report> perform(const Options &options, Context &context)
{
    const auto model = ecdysis::load(options.model, context.compute, context.run);
    if (!model)
        return tl::unexpected(model.error());
    const auto start = readPlan(options.plan, model->card());
    if (!start)
        return tl::unexpected(start.error());
    SearchRequest request = options.request;
    request.settings.stages = stagesOf(options);
    request.settings.start = *start;
    request.prefixBytes = options.prefixMebibytes << 20;
    context.kept = keptSentence(nullptr, request.session);
    const auto listener = [&](const Search &search) { context.kept = keptSentence(&search, request.session); };
    const auto found = ecdysis::search(*model, request, listener, context.run);
    if (!found)
        return tl::unexpected(found.error());
    const Plan plan = planOf(found->settings, found->paths.front());
    if (!options.out.empty())
        if (const auto written = writePlan(options.out, plan); !written)
            return tl::unexpected(written.error());
    if (!options.intel.empty())
        if (const auto written = writeIntelFiles(options.intel, *found, model->card()); !written)
            return tl::unexpected(written.error());
    return Report{searchObject(*found), searchText(*found)};
}

void addTargets(CLI::App &app, Options &options)
{
    auto *targets = app.add_option("--targets", options.stage.targets, "Kinds of unit that compete for removal")
                        ->delimiter(',')
                        ->type_name("KIND[,KIND...]");
    auto *steps = addInteger(app, "--steps", options.stage.steps, 0, "Removals; 0: as many as there are");
    auto *stages =
        app.add_option("--stages", options.stages,
                       "Stages one after another, each with targets, steps and, if need be, a text of its own")
            ->type_name("TARGETS:STEPS[@FILE]")
            ->check([](const std::string &text) { return complaintAbout(text); })
            ->excludes(targets)
            ->excludes(steps);
    targets->excludes(stages);
    app.add_option_function<std::vector<std::string>>(
           "--group",
           [&options](const std::vector<std::string> &groups) {
               for (const std::string &group : groups) {
                   const auto [kind, size] = nameAndValue("--group", group);
                   options.stage.groups[kind] = static_cast<std::int64_t>(number("--group", size));
               }
           },
           "Entries of a width that go at a time: mlp_channels=1024")
        ->type_name("KIND=N");
    app.add_option("--order", options.stage.order,
                   "Sort widths by this score before they are made smaller from their end; see `prune --help`")
        ->type_name("SCORE");
}

void addRules(CLI::App &app, SearchSettings &settings)
{
    app.add_option("--objective", settings.objective,
                   "What is measured: nll, or kl, the divergence from the dense model")
        ->capture_default_str()
        ->type_name("NAME");
    app.add_option("--per", settings.per, "Divide its rise by what a removal saves: parameter, byte, flop, millisecond")
        ->type_name("WHAT");
    app.add_option_function<std::vector<std::string>>(
           "--budget",
           [&settings](const std::vector<std::string> &bounds) {
               for (const std::string &bound : bounds) {
                   const auto [name, value] = nameAndValue("--budget", bound);
                   settings.bounds[name] = number("--budget", value);
               }
           },
           "Stop once parameters, bytes, flops (a token) or latency (milliseconds of a batch) are at most so many, or "
           "before the objective exceeds the value; the first bound ends it")
        ->type_name("NAME=VALUE");
    app.add_option_function<double>(
           "--race", [&settings](double level) { settings.race = level; },
           "Drop candidates that are worse than the best at this level of significance before all windows are measured")
        ->expected(0, 1)
        ->default_str("0.005")
        ->type_name("LEVEL");
    app.add_option("--ranking", settings.ranking,
                   "Take units in the order of a score, or of the first step (removal), rather than measure all again")
        ->type_name("SCORE");
    addInteger(app, "--beam", settings.beam, 1, "Plans that are followed at a time");
    app.add_flag("--floating", settings.floating,
                 "Put units back where a plan of their number gets better by it (sequential floating selection)");
}

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    addModel(app, options->model);
    addTargets(app, *options);
    addTextOptions(app, options->text);
    addRules(app, options->request.settings);
    addPlan(app, options->plan);
    app.add_option("--session", options->request.session,
                   "File that keeps the search as it goes (*.ecdysis); the same search in it is continued")
        ->type_name("FILE");
    addInteger(app, "--prefix-memory", options->prefixMebibytes, std::int64_t{0},
               "MiB that stored residual streams may take")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30).description(""));
    app.add_option("--out", options->out, "Write the plan to this file")->type_name("PLAN.json");
    app.add_option("--intel-files", options->intel,
                   "Write the config of every step and the log that Mamba-Shedder writes to this folder")
        ->type_name("DIR");
    return [options](Context &context) { return perform(*options, context); };
}

} // namespace

extern const Command search;
const Command search{"search", "Remove unit after unit, the least needed first", define};

} // namespace ecdysis::cli::commands
