// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <functional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "core/engine.h"
#include "core/values/result.h"
#include "core/values/run.h"

namespace CLI {
class App;
}

/// \file
/// The contract of a command. One file in this folder defines one constant of type Command, named as the file; the
/// build collects them into table(). Nothing else names a command.
namespace ecdysis::cli::commands {

/// What every command is given: the options they share, and the Run of this process.
struct Context
{
    ComputeOptions compute;
    Run run;
    std::string kept; ///< set by the command: what an interruption leaves ("5 cells kept")
};

/// What a command has to say; the caller prints one of the two.
struct Report
{
    nlohmann::json object; ///< for --json
    std::string text;      ///< for people, lines ended
};

using Action = std::function<Result<Report>(Context &)>;

struct Command
{
    const char *name;
    const char *summary;
    /// Adds its own options; the returned action owns their values and runs after parsing.
    Action (*define)(CLI::App &app);
};

/// All commands, sorted by file name.
std::span<const Command *const> table();

} // namespace ecdysis::cli::commands
