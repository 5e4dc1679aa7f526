// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/cell_cache.h"

#include <QPainter>

namespace ecdysis {

void CellCache::prepare(const PlotScale &band, double pixelRatio, const HeatPicture &picture, const Theme &theme)
{
    const QRect pixels = QRectF(band.area.topLeft() * pixelRatio, band.area.size() * pixelRatio).toAlignedRect();
    const bool same = m_image.size() == pixels.size() && m_image.devicePixelRatio() == pixelRatio &&
                      m_area == band.area && m_from == band.xFrom && m_to == band.xTo && m_rows == picture.rows &&
                      m_freshness == picture.freshness && m_theme == theme &&
                      m_painted.size() == picture.cells.size() && m_gaps == picture.gaps;
    if (same)
        return;
    m_image = QImage(pixels.size(), QImage::Format_ARGB32_Premultiplied);
    m_image.setDevicePixelRatio(pixelRatio);
    m_image.fill(Qt::transparent);
    m_origin = QPointF(pixels.topLeft()) / pixelRatio;
    m_area = band.area;
    m_from = band.xFrom;
    m_to = band.xTo;
    m_rows = picture.rows;
    m_freshness = picture.freshness;
    m_theme = theme;
    m_gaps = picture.gaps;
    m_painted.fill(std::nullopt, picture.cells.size());
    paintGaps(band, picture, theme);
}

/// They stay as they are, unlike cells.
void CellCache::paintGaps(const PlotScale &band, const HeatPicture &picture, const Theme &theme)
{
    QPainter painter(&m_image);
    painter.translate(-m_origin);
    painter.setClipRect(m_area);
    for (const HeatGap &gap : picture.gaps)
        paintGap(painter, cellRect(band, picture.rows, gap.row, gap.column), gap.reason, theme);
}

void CellCache::update(const PlotScale &band, const HeatPicture &picture, const ColorMap &colors, const Theme &theme)
{
    QPainter painter(&m_image);
    painter.translate(-m_origin);
    for (qsizetype i = 0; i < picture.cells.size(); ++i) {
        const HeatCell &cell = picture.cells[i];
        const Effect shown = cell.opacity < 1 ? Effect{} : cell.effect;
        const Look look{shown.certainty, shown.measured() ? colors.color(shown.delta.value).rgb() : 0};
        if (m_painted[i] == look)
            continue;
        m_painted[i] = look;
        const QRectF rect = cellRect(band, picture.rows, cell.row, cell.column);
        if (!rect.intersects(m_area)) // zoomed in, most are outside
            continue;
        painter.setClipRect(rect); // what it was leaves nothing behind in the gaps
        paintCell(painter, rect, shown, picture.freshness, colors, theme);
    }
}

void CellCache::paint(QPainter &painter, const PlotScale &band, const HeatPicture &picture, const ColorMap &colors,
                      const Theme &theme)
{
    if (band.area.isEmpty()) // not laid out yet, or squeezed away
        return;
    prepare(band, painter.device()->devicePixelRatioF(), picture, theme);
    update(band, picture, colors, theme);
    painter.drawImage(m_origin, m_image);
    for (const HeatCell &cell : picture.cells) {
        if (cell.opacity >= 1)
            continue;
        painter.setOpacity(cell.opacity);
        paintCell(painter, cellRect(band, picture.rows, cell.row, cell.column), cell.effect, picture.freshness, colors,
                  theme);
        painter.setOpacity(1);
    }
    paintOutlines(painter, band, picture, theme);
}

} // namespace ecdysis
