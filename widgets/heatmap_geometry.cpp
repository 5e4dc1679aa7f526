// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/heatmap_geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ecdysis {

namespace {

int columnAt(const PlotScale &scale, QPointF pointer)
{
    const double x = scale.xFrom + (pointer.x() - scale.area.left()) / scale.area.width() * (scale.xTo - scale.xFrom);
    return static_cast<int>(std::lround(x));
}

int rowAt(const HeatPicture &picture, const PlotScale &band, QPointF pointer)
{
    return static_cast<int>((pointer.y() - band.area.top()) / band.area.height() * picture.rows);
}

} // namespace

std::pair<double, double> lossRange(const HeatPicture &picture, const ColorRange &colors)
{
    double low = 0, high = 0;
    for (const HeatCell &cell : picture.cells) {
        if (!cell.effect.measured())
            continue;
        const Estimate &delta = cell.effect.delta;
        const double error = std::isfinite(delta.standardError) ? delta.standardError : 0;
        low = std::min(low, delta.value - error);
        high = std::max(high, delta.value + error);
    }
    if (high > 3 * colors.high && colors.high > 0)
        high = 1.3 * colors.high;
    if (high - low <= 0)
        return {0, 0.1};
    return {low - 0.04 * (high - low), high + 0.06 * (high - low)};
}

int cellUnder(const HeatPicture &picture, const PlotScale &band, const PlotScale &chart, QPointF pointer)
{
    constexpr double reach = 24;
    const bool inBand = band.area.contains(pointer);
    if (!inBand && !chart.area.contains(pointer))
        return -1;
    const int column = columnAt(inBand ? band : chart, pointer);
    const int row = rowAt(picture, band, pointer);
    int nearest = -1;
    double best = reach;
    for (int i = 0; i < picture.cells.size(); ++i) {
        const HeatCell &cell = picture.cells[i];
        if (cell.column != column)
            continue;
        if (inBand && cell.row == row)
            return i;
        const double distance = std::abs(chart.py(cell.effect.delta.value) - pointer.y());
        if (!inBand && cell.effect.measured() && distance < best) {
            best = distance;
            nearest = i;
        }
    }
    return nearest;
}

int gapUnder(const HeatPicture &picture, const PlotScale &band, QPointF pointer)
{
    if (!band.area.contains(pointer))
        return -1;
    const int column = columnAt(band, pointer), row = rowAt(picture, band, pointer);
    for (int i = 0; i < picture.gaps.size(); ++i)
        if (picture.gaps[i].column == column && picture.gaps[i].row == row)
            return i;
    return -1;
}

int nextCell(const HeatPicture &picture, int from, QPoint direction)
{
    constexpr int rowWeight = 100000;
    const HeatCell &start = picture.cells[from];
    int nearest = -1, best = std::numeric_limits<int>::max();
    for (int i = 0; i < picture.cells.size(); ++i) {
        const int x = picture.cells[i].column - start.column, y = picture.cells[i].row - start.row;
        const bool ahead = direction.x() ? y == 0 && x * direction.x() > 0 : y * direction.y() > 0;
        const int distance = std::abs(x) + rowWeight * std::abs(y);
        if (ahead && distance < best) {
            best = distance;
            nearest = i;
        }
    }
    return nearest;
}

} // namespace ecdysis
