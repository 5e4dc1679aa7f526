// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/effect.h"

#include <algorithm>
#include <cmath>

namespace ecdysis {

Effect effectOf(const Scan &scan, const Cell &cell)
{
    if (cell.losses.empty() || cell.losses.size() != scan.denseLosses.size())
        return {};
    const Estimate loss = mean(cell.losses);
    Effect effect{Certainty::Clear, pairedDifference(cell.losses, scan.denseLosses), loss.value, loss.standardError};
    if (!std::isfinite(effect.delta.value))
        effect.certainty = Certainty::NotANumber;
    else if (!(std::abs(effect.delta.value) >= 2 * effect.delta.standardError)) // nor with an error of NaN
        effect.certainty = Certainty::WithinNoise;
    return effect;
}

const Cell *cellOf(const Scan &scan, const std::string &unit)
{
    const auto found = std::find_if(scan.cells.begin(), scan.cells.end(), [&](const Cell &cell) {
        return cell.unit == unit && cell.method == "removal" && cell.amount == 1;
    });
    return found == scan.cells.end() ? nullptr : &*found;
}

std::vector<std::string> kindsOf(const Scan &scan)
{
    std::vector<std::string> kinds;
    for (const Cell &cell : scan.cells)
        if (std::find(kinds.begin(), kinds.end(), cell.kind) == kinds.end())
            kinds.push_back(cell.kind);
    return kinds;
}

int measuredCells(const Scan &scan)
{
    return static_cast<int>(
        std::count_if(scan.cells.begin(), scan.cells.end(), [](const Cell &cell) { return !cell.losses.empty(); }));
}

} // namespace ecdysis
