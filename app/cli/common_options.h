// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "core/engine.h"

namespace ecdysis::cli {

/// The options that every command takes.
struct CommonOptions
{
    bool json = false;
    ComputeOptions compute;
};
void addCommonOptions(CLI::App &app, CommonOptions &options);

/// An option for a whole number from `minimum` upwards; its value so far is the default and is shown.
template <typename Integer>
CLI::Option *addInteger(CLI::App &app, const std::string &name, Integer &value, Integer minimum,
                        const std::string &text)
{
    return app.add_option(name, value, text)
        ->check(CLI::Range(minimum, std::numeric_limits<Integer>::max()).description(""))
        ->capture_default_str()
        ->type_name("N");
}

/// The required positional MODEL.
void addModel(CLI::App &app, std::filesystem::path &model);

/// --text, an optional file.
CLI::Option *addText(CLI::App &app, std::filesystem::path &text);

/// --window, --stride, --max-windows, --draw, --rows, --rows-seed, --column and --protocol.
void addProtocol(CLI::App &app, WindowProtocol &protocol);

/// All of these, with a text required.
struct TextOptions
{
    std::filesystem::path text;
    WindowProtocol protocol;
};
void addTextOptions(CLI::App &app, TextOptions &options);

/// What is written as NAME=VALUE. Throws CLI::ValidationError naming the option.
std::pair<std::string, std::string> nameAndValue(const std::string &option, const std::string &text);

/// --plan, an optional file.
void addPlan(CLI::App &app, std::filesystem::path &plan);

/// The plan of that file; the empty one for an empty path. "FILE.ecdysis@N": what the last search in a session had
/// taken after N steps, "FILE.ecdysis": after all.
Result<Plan> readPlan(const std::filesystem::path &file, const ModelCard &card);

} // namespace ecdysis::cli
