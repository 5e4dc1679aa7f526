// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/heatmap_words.h"

#include <algorithm>
#include <limits>

#include "widgets/numbers.h"
#include "widgets/parts.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

/// Places a cell by its loss increase, those without one last.
double rank(const HeatCell &cell)
{
    return cell.effect.measured() ? cell.effect.delta.value : -std::numeric_limits<double>::infinity();
}

} // namespace

QString summaryOf(const Scan &scan, const HeatPicture &picture)
{
    const int total = static_cast<int>(picture.cells.size());
    if (total == 0)
        return SensitivityHeatmap::tr("Nothing is measured yet");
    const auto largest = std::max_element(picture.cells.begin(), picture.cells.end(),
                                          [](const HeatCell &a, const HeatCell &b) { return rank(a) < rank(b); });
    if (!largest->effect.measured())
        return SensitivityHeatmap::tr("None of %1 cells is measured yet").arg(total);
    const Cell &cell = scan.cells[static_cast<std::size_t>(largest->cell)];
    const QString words = SensitivityHeatmap::tr("Largest loss increase: %1, %2")
                              .arg(unitPhrase(cell.kind, cell.layer), withError(largest->effect.delta));
    const auto measured = std::count_if(picture.cells.begin(), picture.cells.end(), [&scan](const HeatCell &shown) {
        return !scan.cells[static_cast<std::size_t>(shown.cell)].losses.empty();
    });
    return measured == total
               ? words
               : SensitivityHeatmap::tr("%1 (%2 of %3 cells measured)").arg(words).arg(measured).arg(total);
}

QList<std::pair<QString, QString>> figuresOf(const ModelCard &card, const Cell &cell, const Effect &effect)
{
    QList<std::pair<QString, QString>> rows;
    if (effect.measured()) {
        rows.append({SensitivityHeatmap::tr("Loss increase"), withError(effect.delta)});
        rows.append({SensitivityHeatmap::tr("Loss without it"), levelWithError({effect.nll, effect.nllError})});
    }
    if (const Unit *unit = findUnit(card, cell.unit))
        rows.append({SensitivityHeatmap::tr("Parameters"), parameterCount(unit->parameters)});
    return rows;
}

QString whyNoCell(const ModelCard &card, const std::string &unit)
{
    const Unit *found = findUnit(card, unit);
    if (!found)
        return SensitivityHeatmap::tr("The layer has no such part");
    return found->needs.empty()
               ? remarkOn({}, Freshness::Current)
               : SensitivityHeatmap::tr("Cannot go alone; with it must go: %1").arg(unitTitles(found->needs));
}

QString remarkOn(const Effect &effect, Freshness freshness)
{
    if (effect.certainty == Certainty::Unmeasured)
        return SensitivityHeatmap::tr("Not measured yet");
    if (effect.certainty == Certainty::NotANumber)
        return SensitivityHeatmap::tr("The loss is not a number");
    if (freshness == Freshness::Stale)
        return SensitivityHeatmap::tr("Measured on another text or other windows than chosen now");
    if (effect.certainty != Certainty::WithinNoise)
        return {};
    return effect.errorKnown() ? SensitivityHeatmap::tr("Below two standard errors")
                               : SensitivityHeatmap::tr("With one window its error is not known");
}

} // namespace ecdysis
