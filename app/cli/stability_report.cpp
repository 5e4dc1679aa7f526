// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/stability_report.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/text_table.h"

namespace ecdysis::cli {

namespace {

std::string figure(double value)
{
    return std::isfinite(value) ? fmt::format("{:.3f}", value) : std::string("-");
}

/// "2.5 (0.7)".
std::string spreadText(const std::optional<Spread> &spread)
{
    if (!spread)
        return "-";
    return std::isfinite(spread->deviation) ? fmt::format("{:.1f} ({:.1f})", spread->mean, spread->deviation)
                                            : fmt::format("{:.1f}", spread->mean);
}

std::string stageText(const StageStability &stage)
{
    TextTable table({"unit", "draws", "step (sd)", "first rank (sd)"});
    for (const UnitStability &unit : stage.units)
        table.addRow({unit.unit, std::to_string(unit.draws), spreadText(unit.step), spreadText(unit.rank)});
    std::vector<std::string> overlaps;
    for (const double value : stage.overlap)
        overlaps.push_back(figure(value));
    return fmt::format("{}\nranks in the first step: Kendall's tau {}, Spearman's rho {}\n"
                       "overlap after 1, 2, ... steps: {}\n\n",
                       table.text(), figure(stage.kendall), figure(stage.spearman), fmt::join(overlaps, " "));
}

} // namespace

std::string stabilityText(const Stability &stability)
{
    std::string text;
    for (const StageStability &stage : stability.stages)
        text += stageText(stage);
    std::vector<std::string> units;
    for (const Removal &removal : stability.consensus.removals)
        units.push_back(removal.unit);
    double evaluations = 0;
    for (const StabilityDraw &draw : stability.draws)
        evaluations += draw.evaluations;
    return text + fmt::format("consensus of {} draws: {}\n{:.1f} evaluations' worth of work, {} in all\n",
                              stability.draws.size(), fmt::join(units, " "), evaluations, clockTime(stability.seconds));
}

} // namespace ecdysis::cli
