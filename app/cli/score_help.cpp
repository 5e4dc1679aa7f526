// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/score_help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ecdysis::cli {

namespace {

std::string described(const ScoreInfo &score)
{
    std::string lines =
        fmt::format("  {:<16} {}{}\n", score.name, score.meaning, score.needsText ? "; needs --text" : "");
    for (const ScoreOption &option : score.options)
        lines += fmt::format("    {}={}: {}{}\n", option.name, option.value, option.meaning,
                             option.choices.empty() ? "" : fmt::format(" ({})", fmt::join(option.choices, ", ")));
    return lines;
}

} // namespace

void addScore(CLI::App &app, std::string &score, const std::function<bool(const ScoreInfo &)> &fits)
{
    app.add_option("--score", score, "What is unimportant: one of the scores below")
        ->required()
        ->type_name("NAME[:OPTION=VALUE,...]");
    std::string list = "Scores, with the defaults of their options:\n";
    for (const ScoreInfo &info : knownScores())
        if (fits(info))
            list += described(info);
    app.footer(list);
}

} // namespace ecdysis::cli
