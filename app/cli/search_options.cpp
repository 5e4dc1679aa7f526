// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/search_options.h"

#include <charconv>

namespace ecdysis::cli {

namespace {

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

std::vector<SearchStage> stagesOf(const SearchOptions &options)
{
    SearchStage common = options.stage;
    common.text = options.text.string();
    common.protocol = options.protocol;
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

void addTargets(CLI::App &app, SearchOptions &options)
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
                   "What is measured: nll; kl, the divergence from the dense model; accuracy, the errors on --task")
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
           "Stop once parameters, bytes, flops (a token) or latency (milliseconds of a batch) are at most so many, "
           "before the objective exceeds the value, or before the accuracy on --task falls below it; the first bound "
           "ends it")
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

/// Tasks may be the objective or watched beside another one, which needs a text.
void addMaterial(CLI::App &app, SearchOptions &options)
{
    addText(app, options.text);
    addProtocol(app, options.protocol);
    SearchSettings &settings = options.request.settings;
    CLI::Option *task =
        app.add_option("--task", settings.tasks, "Zero-shot tasks, measured after each step; see `eval`")
            ->delimiter(',')
            ->type_name("FILE,…");
    addInteger(app, "--limit", settings.taskLimit, 0, "Of a task, use the first so many items; 0: all")->needs(task);
    addInteger(app, "--max-length", settings.taskLength, 0,
               "Of an item, show the model no more than the last so many tokens; 0: all")
        ->needs(task);
    app.parse_complete_callback([&app, &settings] {
        if (settings.objective != "accuracy" && app.count("--text") == 0)
            throw CLI::RequiredError("--text");
        if (settings.objective == "accuracy" && settings.tasks.empty())
            throw CLI::RequiredError("--task");
    });
}

} // namespace

void addSearchOptions(CLI::App &app, SearchOptions &options)
{
    addModel(app, options.model);
    addTargets(app, options);
    addMaterial(app, options);
    addRules(app, options.request.settings);
    addPlan(app, options.plan);
    app.add_option("--session", options.request.session,
                   "File that keeps the search as it goes (*.ecdysis); the same search in it is continued")
        ->type_name("FILE");
    addInteger(app, "--prefix-memory", options.prefixMebibytes, std::int64_t{0},
               "MiB that stored residual streams may take")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 30).description(""));
    app.add_option("--out", options.out, "Write the plan to this file")->type_name("PLAN.json");
}

Result<SearchRequest> requestOf(const SearchOptions &options, const ModelCard &card)
{
    const auto start = readPlan(options.plan, card);
    if (!start)
        return tl::unexpected(start.error());
    SearchRequest request = options.request;
    request.settings.stages = stagesOf(options);
    request.settings.start = *start;
    request.prefixBytes = options.prefixMebibytes << 20;
    return request;
}

} // namespace ecdysis::cli
