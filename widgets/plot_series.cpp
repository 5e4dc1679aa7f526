// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/plot_series.h"

#include <algorithm>
#include <cmath>

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include "widgets/numbers.h"

namespace ecdysis {

namespace {

constexpr double nameGap = 8;

bool joined(const PlotPoint &a, const PlotPoint &b)
{
    return b.x - a.x <= 1.0001;
}

QColor pointColor(const PlotPoint &point, const PlotSeries &series, const Theme &theme)
{
    const QColor color = seriesColor(theme, series.hue);
    const bool faded = point.look == PointLook::WithinNoise || point.look == PointLook::Stale;
    return faded ? mixed(color, theme.raised, 0.45) : color;
}

double inside(double pixel, const PlotScale &scale)
{
    return std::clamp(pixel, scale.area.top(), scale.area.bottom());
}

/// From neighbour to neighbour. Flat ends, which the points cover: round ones and joins take ten times as long.
void paintLine(QPainter &painter, const PlotSeries &series, const PlotScale &scale, const Theme &theme)
{
    const QColor color = mixed(seriesColor(theme, series.hue), theme.raised, 0.35);
    const bool stale = std::any_of(series.points.begin(), series.points.end(),
                                   [](const PlotPoint &point) { return point.look == PointLook::Stale; });
    for (qsizetype i = 1; i < series.points.size(); ++i) {
        const PlotPoint &from = series.points[i - 1], &to = series.points[i];
        if (!joined(from, to))
            continue;
        const bool guessed = from.look == PointLook::Predicted || to.look == PointLook::Predicted;
        painter.setPen(QPen(stale ? mixed(color, theme.raised, 0.5) : color, 1.5,
                            guessed ? Qt::DashLine : Qt::SolidLine, Qt::FlatCap));
        painter.drawLine(QPointF(scale.px(from.x), inside(scale.py(from.y), scale)),
                         QPointF(scale.px(to.x), inside(scale.py(to.y), scale)));
    }
}

void paintArrow(QPainter &painter, QPointF tip, double direction, const QColor &color)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(QPolygonF{tip, tip + QPointF(-4, 6 * direction), tip + QPointF(4, 6 * direction)});
}

/// An arrow at the end of the axis, with the value that has no room.
void paintBeyond(QPainter &painter, const PlotPoint &point, const PlotScale &scale, const QColor &color)
{
    const bool above = point.y > scale.yTo;
    const QPointF tip(scale.px(point.x), above ? scale.area.top() : scale.area.bottom());
    paintArrow(painter, tip, above ? 1 : -1, color);
    const QString text = withError({point.y, point.error});
    const double width = QFontMetricsF(painter.font()).horizontalAdvance(text);
    const bool fitsRight = tip.x() + 7 + width < scale.area.right();
    painter.setPen(color);
    painter.drawText(tip + QPointF(fitsRight ? 7 : -7 - width, above ? 9 : -2), text);
}

void paintPoint(QPainter &painter, const PlotPoint &point, const PlotScale &scale, const QColor &color,
                const Theme &theme, double radius)
{
    const QPointF center(scale.px(point.x), scale.py(point.y));
    if (point.error > 0) {
        painter.setPen(QPen(color, 1, Qt::SolidLine, Qt::FlatCap));
        painter.drawLine(QPointF(center.x(), inside(scale.py(point.y - point.error), scale)),
                         QPointF(center.x(), inside(scale.py(point.y + point.error), scale)));
    }
    const bool solid = point.look != PointLook::Predicted;
    // A rim in the colour of the ground keeps points of two lines apart; among many it would only cost time.
    painter.setPen(!solid ? QPen(color, 1.25) : radius > 2.25 ? QPen(theme.raised, 1) : QPen(Qt::NoPen));
    painter.setBrush(solid ? color : theme.raised);
    painter.drawEllipse(center, solid ? radius + 0.5 : radius - 0.25, solid ? radius + 0.5 : radius - 0.25);
}

} // namespace

void paintSeries(QPainter &painter, const PlotSeries &series, const PlotScale &scale, const Theme &theme)
{
    painter.setRenderHint(QPainter::Antialiasing);
    paintLine(painter, series, scale, theme);
    const double step = scale.area.width() / std::max(scale.xTo - scale.xFrom, 1e-12);
    const double radius = std::clamp(step / 5, 1.75, 3.0);
    for (const PlotPoint &point : series.points) {
        const QColor color = pointColor(point, series, theme);
        if (point.y > scale.yTo || point.y < scale.yFrom)
            paintBeyond(painter, point, scale, color);
        else
            paintPoint(painter, point, scale, color, theme, radius);
    }
}

void paintSeriesNames(QPainter &painter, const QList<PlotSeries> &series, const PlotScale &scale, const QFont &font,
                      const Theme &theme)
{
    struct Name
    {
        const PlotSeries *series;
        double y;
    };
    QList<Name> names;
    for (const PlotSeries &one : series)
        if (!one.points.isEmpty())
            names.append({&one, inside(scale.py(one.points.last().y), scale)});
    std::sort(names.begin(), names.end(), [](const Name &a, const Name &b) { return a.y < b.y; });
    const QFontMetricsF metrics(font);
    for (qsizetype i = 1; i < names.size(); ++i)
        names[i].y = std::max(names[i].y, names[i - 1].y + metrics.height());
    const double lowest = scale.area.bottom();
    for (qsizetype i = names.size() - 1; i >= 0; --i)
        names[i].y = std::min(names[i].y, i + 1 < names.size() ? names[i + 1].y - metrics.height() : lowest);
    painter.setFont(font);
    for (const Name &name : names) {
        painter.setPen(seriesColor(theme, name.series->hue));
        painter.drawText(QPointF(scale.area.right() + nameGap, name.y + metrics.ascent() / 2 - 1), name.series->name);
    }
}

double seriesNamesWidth(const QList<PlotSeries> &series, const QFont &font)
{
    double width = 0;
    for (const PlotSeries &one : series)
        width = std::max(width, QFontMetricsF(font).horizontalAdvance(one.name));
    return width + nameGap;
}

} // namespace ecdysis
