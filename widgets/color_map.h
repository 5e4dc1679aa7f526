// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <array>
#include <vector>

#include <QColor>

#include "widgets/theme.h"

namespace ecdysis {

/// The values a colour map spans, and whether values beyond its ends exist (drawn as arrows on the colour bar).
struct ColorRange
{
    double low = 0;
    double high = 1;
    bool clippedLow = false;
    bool clippedHigh = false;

    bool operator==(const ColorRange &) const = default;
};

/// 2nd to 98th percentile (linear interpolation between order statistics) of the finite values; 0..1 where there are
/// none.
ColorRange percentileRange(std::vector<double> values);

/// The same, widened so that it holds 0.
ColorRange percentileRangeAroundZero(const std::vector<double> &values);

/// Colours of numbers: 256 steps between anchors, interpolated in OKLab (Ottosson 2020).
class ColorMap
{
public:
    /// Blue through the theme's neutral at 0 to orange; one unit is equally strong on both sides.
    static ColorMap diverging(const Theme &theme, const ColorRange &range);
    /// Dark blue through grey to yellow, lightness rising evenly (after cividis, Nuñez et al. 2018).
    static ColorMap sequential(const ColorRange &range);

    QColor color(double value) const;
    const ColorRange &range() const { return m_range; }

private:
    using Steps = std::array<QRgb, 256>;
    static Steps stepsBetween(const std::vector<QColor> &anchors);
    ColorMap(const Steps &colors, const ColorRange &range, double first, double last);

    Steps m_colors;
    ColorRange m_range;
    double m_first; ///< value of the first colour
    double m_last;
};

} // namespace ecdysis
