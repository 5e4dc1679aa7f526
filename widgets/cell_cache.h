// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <optional>

#include <QImage>
#include <QList>

#include "widgets/heatmap_painting.h"

class QPainter;

namespace ecdysis {

/// The cells of a heatmap as pixels of the screen, of which only those are painted again that look different now.
class CellCache
{
public:
    /// What paintCells() paints, and cells of an opacity below 1 over hatching.
    void paint(QPainter &painter, const PlotScale &band, const HeatPicture &picture, const ColorMap &colors,
               const Theme &theme);

private:
    struct Look
    {
        Certainty certainty = Certainty::Unmeasured;
        QRgb color = 0;

        bool operator==(const Look &) const = default;
    };

    void prepare(const PlotScale &band, double pixelRatio, const HeatPicture &picture, const Theme &theme);
    void paintGaps(const PlotScale &band, const HeatPicture &picture, const Theme &theme);
    void update(const PlotScale &band, const HeatPicture &picture, const ColorMap &colors, const Theme &theme);

    QImage m_image;
    QPointF m_origin; ///< of the image, on a pixel of the device
    QRectF m_area;
    double m_from = 0, m_to = 0; ///< ends of the layers
    int m_rows = 0;
    Freshness m_freshness = Freshness::Current;
    Theme m_theme;
    QList<HeatGap> m_gaps;
    QList<std::optional<Look>> m_painted; ///< of each cell; none: to be painted
};

} // namespace ecdysis
