// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <optional>

#include <QFont>
#include <QList>

#include "widgets/color_map.h"
#include "widgets/effect.h"
#include "widgets/plot_series.h"

class QPainter;

namespace ecdysis {

/// One square of the heatmap.
struct HeatCell
{
    int row = 0;
    int column = 0;
    Effect effect;
    double opacity = 1; ///< below 1 while it appears
    int cell = -1;      ///< index in the scan that it shows

    bool operator==(const HeatCell &) const = default;
};

/// Why a place of the heatmap has no cell.
enum class GapReason {
    NoPart,  ///< the layer has no such part
    Bound,   ///< the part cannot go alone
    Unasked, ///< the scan was not asked for it: not measured, like a cell without losses
};

/// A place of the heatmap without a cell.
struct HeatGap
{
    int row = 0;
    int column = 0;
    GapReason reason = GapReason::NoPart;

    bool operator==(const HeatGap &) const = default;
};

struct HeatPicture
{
    int rows = 0;
    QList<HeatCell> cells;
    int selected = -1; ///< index in cells
    int hovered = -1;
    Freshness freshness = Freshness::Current;
    QList<HeatGap> gaps;

    bool operator==(const HeatPicture &) const = default;
};

/// Fills a rectangle with fine lines at 45 degrees that run on from one rectangle to the next: not measured.
void paintHatching(QPainter &painter, const QRectF &rect, const Theme &theme);

/// Where a cell of a band with so many rows stands, on whole pixels.
QRectF cellRect(const PlotScale &band, int rows, int row, int column);

/// Colour by effect; within two standard errors paler with a small ring, not a number a magenta cross, not measured
/// hatched; stale dimmed with a dot.
void paintCell(QPainter &painter, const QRectF &rect, const Effect &effect, Freshness freshness, const ColorMap &colors,
               const Theme &theme);

/// A dash on the ground, which no measured cell has: there can be no cell; with ends where the part is
/// tied to another one. Hatching where there could be a cell.
void paintGap(QPainter &painter, const QRectF &rect, GapReason reason, const Theme &theme);

/// The outlines of the hovered and the selected cell.
void paintOutlines(QPainter &painter, const PlotScale &band, const HeatPicture &picture, const Theme &theme);

/// All cells, the gaps and the outlines.
void paintCells(QPainter &painter, const PlotScale &band, const HeatPicture &picture, const ColorMap &colors,
                const Theme &theme);

/// How high the colour key is at this width: higher where words for marks find no place beside the bar.
double colorKeyHeight(const HeatPicture &picture, double width, const QFont &font);

/// The colour bar with its label, arrows at clipped ends, and the words for the marks that the cells have.
void paintColorKey(QPainter &painter, const QRectF &area, const HeatPicture &picture, const ColorMap &colors,
                   const QString &label, const QFont &font, const Theme &theme);

} // namespace ecdysis
