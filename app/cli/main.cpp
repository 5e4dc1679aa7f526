// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress_printer.h"

namespace {

using namespace ecdysis;
using namespace ecdysis::cli;

enum Status { Success = 0, Failed = 1, BadUsage = 2, Interrupted = 130 };

int report(const Error &error, const std::string &kept = {})
{
    if (error.code == ErrorCode::Cancelled) {
        fmt::print(stderr, "ecdysis-cli: interrupted{}{}\n", kept.empty() ? "" : ", ", kept);
        return Interrupted;
    }
    fmt::print(stderr, "ecdysis-cli: error: {}{}{}\n", error.where, error.where.empty() ? "" : ": ", error.message);
    return Failed;
}

int perform(const CommonOptions &options, const commands::Action &action)
{
    const Interrupt interrupt;
    for (const std::string &warning : machineWarnings())
        fmt::print(stderr, "ecdysis-cli: warning: {}\n", warning);
    ProgressPrinter printer;
    commands::Context context{options.compute, {}, {}};
    context.run.stop = interrupt.token();
    context.run.progress = [&printer](const Progress &progress) { printer.show(progress); };
    const auto result = action(context);
    printer.clear();
    if (!result)
        return report(result.error(), context.kept);
    const std::string text = options.json
                                 ? result->object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                                 : result->text;
    // A full disk behind a redirection is a failure like any other.
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        return report({ErrorCode::WriteFailed, "the result cannot be written", "standard output"});
    return Success;
}

} // namespace

int main(int argc, char **argv)
{
    CLI::App app{"Measure and prune state-space language models.", "ecdysis-cli"};
    app.set_version_flag("--version", "ecdysis-cli " ECDYSIS_VERSION);
    app.require_subcommand(1);
    app.footer("Losses are means of the negative natural logarithm over predicted tokens.\n"
               "Exit status: 0 success, 1 failure, 2 bad usage, 130 interrupted (what was done is kept).\n"
               "'ecdysis-cli COMMAND --help' shows the options of a command.");
    CommonOptions options;
    commands::Action action;
    for (const commands::Command *command : commands::table()) {
        CLI::App *subcommand = app.add_subcommand(command->name, command->summary);
        subcommand->callback([&action, define = command->define(*subcommand)] { action = define; });
        addCommonOptions(*subcommand, options);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? Success : BadUsage;
    }
    return perform(options, action);
}
