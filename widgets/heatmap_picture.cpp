// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/heatmap_picture.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "widgets/parts.h"
#include "widgets/unit_text.h"

namespace ecdysis {

namespace {

QList<HeatCell> cellsOf(const Scan &scan, const std::vector<std::string> &kinds)
{
    QList<HeatCell> cells;
    for (std::size_t i = 0; i < scan.cells.size(); ++i) {
        const Cell &cell = scan.cells[i];
        if (!isWholePart(cell))
            continue;
        const auto row = std::find(kinds.begin(), kinds.end(), cell.kind) - kinds.begin();
        cells.append({static_cast<int>(row), cell.layer, effectOf(scan, cell), 1, static_cast<int>(i)});
    }
    return cells;
}

/// Every place without one of the cells.
QList<HeatGap> gapsAmong(const QList<HeatCell> &cells, const ModelCard &card, const std::vector<std::string> &kinds)
{
    std::set<std::pair<int, int>> taken;
    for (const HeatCell &cell : cells)
        taken.insert({cell.row, cell.column});
    std::unordered_map<std::string, GapReason> known;
    for (const Unit &unit : card.units)
        if (unit.isPart())
            known.emplace(unit.id, goesAlone(unit) ? GapReason::Unasked : GapReason::Bound);
    QList<HeatGap> gaps;
    for (int row = 0; row < static_cast<int>(kinds.size()); ++row)
        for (int layer = 0; layer < card.layers; ++layer) {
            if (taken.contains({row, layer}))
                continue;
            const auto part = known.find(unitId(kinds[static_cast<std::size_t>(row)], layer));
            gaps.append({row, layer, part == known.end() ? GapReason::NoPart : part->second});
        }
    return gaps;
}

PointLook lookOf(const Effect &effect, Freshness freshness)
{
    if (effect.certainty != Certainty::Clear)
        return PointLook::WithinNoise;
    return freshness == Freshness::Stale ? PointLook::Stale : PointLook::Measured;
}

} // namespace

HeatPicture pictureOf(const ModelCard &card, const Scan &scan, const std::vector<std::string> &kinds,
                      Freshness freshness)
{
    const QList<HeatCell> cells = cellsOf(scan, kinds);
    return {static_cast<int>(kinds.size()), cells, -1, -1, freshness, gapsAmong(cells, card, kinds)};
}

ColorRange colorRangeOf(const HeatPicture &picture)
{
    std::vector<double> values;
    for (const HeatCell &cell : picture.cells)
        if (cell.effect.measured())
            values.push_back(cell.effect.delta.value);
    ColorRange range = percentileRangeAroundZero(values);
    if (range.high <= range.low)
        range.high = range.low + 0.1;
    return range;
}

QList<PlotSeries> profileOf(const HeatPicture &picture, const std::vector<std::string> &kinds)
{
    QList<PlotSeries> series;
    for (std::size_t row = 0; row < kinds.size(); ++row) {
        PlotSeries line{kindTitle(kinds[row]), static_cast<int>(row), {}};
        for (const HeatCell &cell : picture.cells)
            if (cell.row == static_cast<int>(row) && cell.effect.measured())
                line.points.append({static_cast<double>(cell.column), cell.effect.delta.value,
                                    cell.effect.delta.standardError, lookOf(cell.effect, picture.freshness)});
        std::sort(line.points.begin(), line.points.end(),
                  [](const PlotPoint &a, const PlotPoint &b) { return a.x < b.x; });
        series.append(line);
    }
    return series;
}

} // namespace ecdysis
