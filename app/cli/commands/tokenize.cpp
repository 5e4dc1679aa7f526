// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"

namespace ecdysis::cli::commands {

namespace {

struct Options
{
    std::filesystem::path source;
    std::filesystem::path text;
};

Action define(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    app.add_option("source", options->source, "Model folder, tokenizer.json or tokenizer.model")
        ->required()
        ->type_name("MODEL-or-tokenizer-file");
    app.add_option("--text", options->text, "Text file, UTF-8")->required()->type_name("FILE");
    return [options](Context &context) {
        return ecdysis::tokenize(options->source, options->text, context.run)
            .map([](const std::vector<std::int64_t> &ids) {
                return Report{{{"tokens", ids.size()}, {"ids", ids}},
                              fmt::format("{} tokens\n{}\n", ids.size(), fmt::join(ids, " "))};
            });
    };
}

} // namespace

extern const Command tokenize;
const Command tokenize{"tokenize", "Turn a text into token ids", define};

} // namespace ecdysis::cli::commands
