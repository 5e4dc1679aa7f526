// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QFont>
#include <QList>
#include <QRectF>
#include <QString>

#include "widgets/theme.h"

class QPainter;

namespace ecdysis {

/// How sure a drawn number is; the same look in every view.
enum class PointLook {
    Measured,    ///< solid
    WithinNoise, ///< solid, muted: measured all the same
    Predicted,   ///< hollow, dashed line
    Stale,       ///< faded: measured under other circumstances than those of now
};

struct PlotPoint
{
    double x = 0;
    double y = 0;
    double error = 0; ///< drawn as a bar of plus and minus this; 0 or NaN: none
    PointLook look = PointLook::Measured;

    bool operator==(const PlotPoint &) const = default;
};

/// One line with its direct label.
struct PlotSeries
{
    QString name;
    int hue = 0;             ///< of seriesColor()
    QList<PlotPoint> points; ///< by rising x; neighbours more than 1 apart are not joined

    bool operator==(const PlotSeries &) const = default;
};

/// Where values stand on the medium: linear axes over a rectangle, y upwards.
struct PlotScale
{
    QRectF area;
    double xFrom = 0, xTo = 1;
    double yFrom = 0, yTo = 1;

    double px(double x) const { return area.left() + (x - xFrom) / (xTo - xFrom) * area.width(); }
    double py(double y) const { return area.bottom() - (y - yFrom) / (yTo - yFrom) * area.height(); }
};

/// The line, error bars without caps and points of a series; points beyond the y axis as arrows at its end.
void paintSeries(QPainter &painter, const PlotSeries &series, const PlotScale &scale, const Theme &theme);

/// The names of all series right of their last points, moved apart where they would touch.
void paintSeriesNames(QPainter &painter, const QList<PlotSeries> &series, const PlotScale &scale, const QFont &font,
                      const Theme &theme);

/// Room that paintSeriesNames() needs right of the area.
double seriesNamesWidth(const QList<PlotSeries> &series, const QFont &font);

} // namespace ecdysis
