// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/heatmap_painting.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include "widgets/numbers.h"

namespace ecdysis {

namespace {

QString translated(const char *text)
{
    return QCoreApplication::translate("ecdysis::HeatmapKey", text);
}

void paintCross(QPainter &painter, const QRectF &rect, const Theme &theme)
{
    const double half = std::min({rect.width(), rect.height(), 14.0}) / 2 - 1;
    const QPointF center = rect.center();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.notANumber, 2, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(center - QPointF(half, half), center + QPointF(half, half));
    painter.drawLine(center - QPointF(half, -half), center + QPointF(half, -half));
}

void paintRing(QPainter &painter, const QRectF &rect, const Theme &theme)
{
    const double radius = std::clamp(std::min(rect.width(), rect.height()) / 6, 1.25, 3.0);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(mixed(theme.raised, theme.muted, 0.75), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(rect.center(), radius, radius);
}

/// In the middle of the ring of an uncertain cell, so that both are seen.
void paintDot(QPainter &painter, const QRectF &rect, const Theme &theme)
{
    const double radius = std::clamp(std::min(rect.width(), rect.height()) / 12, 0.75, 1.75);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.muted);
    painter.drawEllipse(rect.center(), radius, radius);
}

/// The colour of a measured cell: less of it the less it says.
QColor shade(const Effect &effect, Freshness freshness, const ColorMap &colors, const Theme &theme)
{
    const QColor color = colors.color(effect.delta.value);
    const double uncertain = effect.certainty == Certainty::WithinNoise ? 0.4 : 0;
    const double faded = freshness == Freshness::Stale ? 0.55 : uncertain;
    return faded > 0 ? mixed(color, theme.raised, faded) : color;
}

/// White on dark cells, black on light ones: seen on every colour of the map.
void paintOutline(QPainter &painter, const QRectF &rect, const QColor &color, double width)
{
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(rect);
}

/// A look that occurs among the cells, with its words.
struct Mark
{
    Effect effect;
    Freshness freshness;
    const char *words;
    std::optional<GapReason> gap = std::nullopt;
};

bool hasGap(const HeatPicture &picture, GapReason reason)
{
    return std::any_of(picture.gaps.begin(), picture.gaps.end(),
                       [reason](const HeatGap &gap) { return gap.reason == reason; });
}

QList<Mark> marksOf(const HeatPicture &picture)
{
    const auto any = [&picture](auto test) {
        return std::any_of(picture.cells.begin(), picture.cells.end(),
                           [test](const HeatCell &cell) { return test(cell.effect); });
    };
    const char *uncertain = any([](const Effect &effect) { return effect.measured() && !effect.errorKnown(); })
                                ? QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "error not known with one window")
                                : QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "below two standard errors");
    const std::pair<Certainty, const char *> looks[] = {
        {Certainty::WithinNoise, uncertain},
        {Certainty::Unmeasured, QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "not measured")},
        {Certainty::NotANumber, QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "not a number")}};
    QList<Mark> marks;
    for (const auto &[certainty, words] : looks)
        if (any([certainty](const Effect &effect) { return effect.certainty == certainty; }) ||
            (certainty == Certainty::Unmeasured && hasGap(picture, GapReason::Unasked)))
            marks.append({{certainty, {}, 0}, Freshness::Current, words});
    if (picture.freshness == Freshness::Stale && any([](const Effect &effect) { return effect.measured(); }))
        marks.append({{Certainty::Clear, {}, 0},
                      Freshness::Stale,
                      QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "on another text or other windows")});
    const std::pair<GapReason, const char *> gaps[] = {
        {GapReason::NoPart, QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "no such part")},
        {GapReason::Bound, QT_TRANSLATE_NOOP("ecdysis::HeatmapKey", "cannot go alone")}};
    for (const auto &[reason, words] : gaps)
        if (hasGap(picture, reason))
            marks.append({{}, Freshness::Current, words, reason});
    return marks;
}

void paintArrowEnd(QPainter &painter, const QRectF &bar, bool atRight, const QColor &color)
{
    const double base = atRight ? bar.right() + 2 : bar.left() - 2;
    const double tip = atRight ? base + 7 : base - 7;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(
        QPolygonF{QPointF(base, bar.top()), QPointF(tip, bar.center().y()), QPointF(base, bar.bottom())});
}

void paintBarTicks(QPainter &painter, const QRectF &bar, const ColorMap &colors, const Theme &theme)
{
    const ColorRange &range = colors.range();
    const double span = range.high - range.low;
    const int decimals = decimalsOf(span / 20);
    const QFontMetricsF metrics(painter.font());
    double taken = bar.left() - 1000;
    struct Tick
    {
        double value;
        QString before;
    };
    const Tick ticks[] = {{range.low, range.clippedLow ? QStringLiteral("≤ ") : QString()},
                          {0, {}},
                          {range.high, range.clippedHigh ? QStringLiteral("≥ ") : QString()}};
    painter.setPen(theme.muted);
    const double endWidth = metrics.horizontalAdvance(ticks[2].before + signedNumber(range.high, decimals));
    for (const Tick &tick : ticks) {
        const QString text = tick.before + (tick.value == 0 ? QStringLiteral("0") : signedNumber(tick.value, decimals));
        const double width = metrics.horizontalAdvance(text);
        const double x = bar.left() + (tick.value - range.low) / span * bar.width();
        const double start = std::clamp(x - width / 2, bar.left(), bar.right() - width);
        const bool last = &tick == &ticks[2];
        if (start < taken + 6 || (!last && start + width + 6 > bar.right() - endWidth))
            continue;
        painter.drawText(QPointF(start, bar.bottom() + 3 + metrics.ascent()), text);
        taken = start + width;
    }
}

constexpr double markSquare = 14, markStep = 20, markGap = 16;
constexpr double keyHeight = 48; ///< of label, bar and the bar's numbers

double barWidth(double keyWidth)
{
    return std::round(std::clamp(keyWidth * 0.36, 120.0, 260.0));
}

double widthOf(const Mark &mark, const QFontMetricsF &metrics)
{
    return markStep + metrics.horizontalAdvance(translated(mark.words));
}

/// Where each mark goes in an area, in lines from its top left corner.
QList<QPointF> markPlaces(const QList<Mark> &marks, const QFontMetricsF &metrics, const QRectF &area)
{
    QList<QPointF> places;
    QPointF place = area.topLeft();
    for (const Mark &mark : marks) {
        const double width = widthOf(mark, metrics);
        if (place.x() > area.left() && place.x() + width > area.right())
            place = {area.left(), place.y() + markStep};
        places.append(place);
        place.rx() += width + markGap;
    }
    return places;
}

/// Room for the marks: beside the bar, or below it where the key is too narrow for their words.
QRectF marksArea(const QList<Mark> &marks, const QFontMetricsF &metrics, const QRectF &key)
{
    const double left = key.left() + 10 + barWidth(key.width()) + 28;
    double widest = 0, all = -markGap;
    for (const Mark &mark : marks) {
        widest = std::max(widest, widthOf(mark, metrics));
        all += widthOf(mark, metrics) + markGap;
    }
    if (left + widest > key.right())
        return {QPointF(key.left(), key.top() + keyHeight), key.bottomRight()};
    const double top = left + all > key.right() ? key.top() : std::round(key.top() + metrics.height() + 2);
    return {QPointF(left, top), key.bottomRight()};
}

void paintMarks(QPainter &painter, const QRectF &key, const HeatPicture &picture, const ColorMap &colors,
                const Theme &theme)
{
    const QList<Mark> marks = marksOf(picture);
    const QFontMetricsF metrics(painter.font());
    const QList<QPointF> places = markPlaces(marks, metrics, marksArea(marks, metrics, key));
    for (qsizetype i = 0; i < marks.size(); ++i) {
        const QRectF square(places[i], QSizeF(markSquare, markSquare));
        if (marks[i].gap)
            paintGap(painter, square, *marks[i].gap, theme);
        else
            paintCell(painter, square, marks[i].effect, marks[i].freshness, colors, theme);
        painter.setPen(theme.muted);
        painter.drawText(places[i] + QPointF(markStep, 11), translated(marks[i].words));
    }
}

} // namespace

void paintCell(QPainter &painter, const QRectF &rect, const Effect &effect, Freshness freshness, const ColorMap &colors,
               const Theme &theme)
{
    painter.setRenderHint(QPainter::Antialiasing, false);
    if (effect.certainty == Certainty::Unmeasured) {
        paintHatching(painter, rect, theme);
        return;
    }
    if (effect.certainty == Certainty::NotANumber) {
        painter.fillRect(rect, mixed(theme.raised, theme.line, 0.35));
        paintCross(painter, rect, theme);
        return;
    }
    painter.fillRect(rect, shade(effect, freshness, colors, theme));
    if (effect.certainty == Certainty::WithinNoise)
        paintRing(painter, rect, theme);
    if (freshness == Freshness::Stale)
        paintDot(painter, rect, theme);
}

void paintGap(QPainter &painter, const QRectF &rect, GapReason reason, const Theme &theme)
{
    if (reason == GapReason::Unasked) {
        paintHatching(painter, rect, theme);
        return;
    }
    const double half = std::clamp(std::min(rect.width(), rect.height()) / 5, 1.0, 4.0);
    const double y = std::floor(rect.center().y()) + 0.5;
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(mixed(theme.raised, theme.muted, 0.6), 1, Qt::SolidLine, Qt::FlatCap));
    const double left = std::round(rect.center().x() - half), right = std::round(rect.center().x() + half);
    painter.drawLine(QPointF(left, y), QPointF(right, y));
    if (reason != GapReason::Bound)
        return;
    for (const double x : {left + 0.5, right - 0.5}) // tied to something else
        painter.drawLine(QPointF(x, y - half), QPointF(x, y + half));
}

void paintHatching(QPainter &painter, const QRectF &rect, const Theme &theme)
{
    constexpr double spacing = 5;
    painter.fillRect(rect, mixed(theme.raised, theme.surface, 0.5));
    // At 45 degrees steps of one pixel look even, and cost a tenth of smooth ones.
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(mixed(theme.raised, theme.muted, 0.3), 1, Qt::SolidLine, Qt::FlatCap));
    // Lines x + y = k, cut by hand: clipping is lost in some vector formats.
    QList<QLineF> lines;
    const double first = std::ceil((rect.left() + rect.top()) / spacing) * spacing;
    for (double k = first; k < rect.right() + rect.bottom(); k += spacing) {
        const double fromX = std::max(rect.left(), k - rect.bottom());
        const double toX = std::min(rect.right(), k - rect.top());
        lines.append(QLineF(fromX, k - fromX, toX, k - toX));
    }
    painter.drawLines(lines);
}

QRectF cellRect(const PlotScale &band, int rows, int row, int column)
{
    const double left = std::round(band.px(column - 0.5)), right = std::round(band.px(column + 0.5));
    const double top = std::round(band.py(rows - row)), bottom = std::round(band.py(rows - row - 1));
    const double gap = right - left >= 6 ? 1 : 0;
    return QRectF(QPointF(left, top), QPointF(right - gap, bottom - 1));
}

void paintOutlines(QPainter &painter, const PlotScale &band, const HeatPicture &picture, const Theme &theme)
{
    const auto place = [&](int index) {
        const HeatCell &cell = picture.cells[index];
        return cellRect(band, picture.rows, cell.row, cell.column);
    };
    if (picture.hovered >= 0)
        paintOutline(painter, place(picture.hovered).adjusted(0, 0, -1, -1), theme.text, 1);
    if (picture.selected >= 0) {
        const QRectF rect = place(picture.selected);
        paintOutline(painter, rect.adjusted(2, 2, -3, -3), theme.raised, 1);
        paintOutline(painter, rect.adjusted(0, 0, -1, -1), theme.accent, 2);
    }
}

void paintCells(QPainter &painter, const PlotScale &band, const HeatPicture &picture, const ColorMap &colors,
                const Theme &theme)
{
    for (const HeatCell &cell : picture.cells)
        paintCell(painter, cellRect(band, picture.rows, cell.row, cell.column), cell.effect, picture.freshness, colors,
                  theme);
    for (const HeatGap &gap : picture.gaps)
        paintGap(painter, cellRect(band, picture.rows, gap.row, gap.column), gap.reason, theme);
    paintOutlines(painter, band, picture, theme);
}

void paintColorKey(QPainter &painter, const QRectF &area, const HeatPicture &picture, const ColorMap &colors,
                   const QString &label, const QFont &font, const Theme &theme)
{
    painter.setFont(font);
    const QFontMetricsF metrics(font);
    painter.setPen(theme.muted);
    painter.drawText(QPointF(area.left(), area.top() + metrics.ascent()), label);
    const double top = std::round(area.top() + metrics.height() + 4);
    const double left = area.left() + (colors.range().clippedLow ? 10 : 0);
    const QRectF bar(left, top, barWidth(area.width()), 10);
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (int x = 0; x < bar.width(); ++x) {
        const double value = std::lerp(colors.range().low, colors.range().high, (x + 0.5) / bar.width());
        painter.fillRect(QRectF(bar.left() + x, bar.top(), 1, bar.height()), colors.color(value));
    }
    if (colors.range().clippedLow)
        paintArrowEnd(painter, bar, false, colors.color(colors.range().low));
    if (colors.range().clippedHigh)
        paintArrowEnd(painter, bar, true, colors.color(colors.range().high));
    paintBarTicks(painter, bar, colors, theme);
    paintMarks(painter, area, picture, colors, theme);
}

double colorKeyHeight(const HeatPicture &picture, double width, const QFont &font)
{
    const QList<Mark> marks = marksOf(picture);
    const QFontMetricsF metrics(font);
    const QRectF area = marksArea(marks, metrics, QRectF(0, 0, width, keyHeight));
    if (marks.isEmpty() || area.top() < keyHeight)
        return keyHeight;
    return markPlaces(marks, metrics, area).last().y() + markStep;
}

} // namespace ecdysis
