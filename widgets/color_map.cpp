// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/color_map.h"

#include <algorithm>
#include <cmath>

#include "widgets/oklab.h"

namespace ecdysis {

namespace {

double percentile(const std::vector<double> &sorted, double share)
{
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

} // namespace

ColorRange percentileRange(std::vector<double> values)
{
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (values.empty())
        return {};
    std::sort(values.begin(), values.end());
    ColorRange range{percentile(values, 0.02), percentile(values, 0.98)};
    range.clippedLow = values.front() < range.low;
    range.clippedHigh = values.back() > range.high;
    return range;
}

ColorRange percentileRangeAroundZero(const std::vector<double> &values)
{
    ColorRange range = percentileRange(values);
    if (range.low > 0) {
        range.low = 0;
        range.clippedLow = false;
    }
    if (range.high < 0) {
        range.high = 0;
        range.clippedHigh = false;
    }
    return range;
}

ColorMap::ColorMap(const Steps &colors, const ColorRange &range, double first, double last)
    : m_colors(colors), m_range(range), m_first(first), m_last(last)
{
}

ColorMap::Steps ColorMap::stepsBetween(const std::vector<QColor> &anchors)
{
    Steps colors;
    std::vector<OkLab> labs(anchors.size());
    std::transform(anchors.begin(), anchors.end(), labs.begin(), toOkLab);
    for (std::size_t i = 0; i < colors.size(); ++i) {
        const double place = static_cast<double>(i) / (colors.size() - 1) * static_cast<double>(labs.size() - 1);
        const std::size_t below = std::min(static_cast<std::size_t>(place), labs.size() - 2);
        colors[i] = toColor(between(labs[below], labs[below + 1], place - static_cast<double>(below))).rgb();
    }
    return colors;
}

ColorMap ColorMap::diverging(const Theme &theme, const ColorRange &range)
{
    const double reach = std::max({std::abs(range.low), std::abs(range.high), 1e-12});
    // On a dark ground strength is lightness, on a light one darkness: the middle is next to the ground in both.
    // Each once: a map is made several times a frame.
    static const Steps onDark = stepsBetween({QColor(0x9cd2ff), QColor(0x4a90e2), QColor(0x2c5788), QColor(0x33373e),
                                              QColor(0x8a5326), QColor(0xe5852f), QColor(0xffcf9a)});
    static const Steps onLight = stepsBetween({QColor(0x0b3a75), QColor(0x2f77c4), QColor(0x9cc6ec), QColor(0xf7f7f7),
                                               QColor(0xf8c796), QColor(0xdf7a22), QColor(0x863a05)});
    return ColorMap(theme.dark ? onDark : onLight, range, -reach, reach);
}

ColorMap ColorMap::sequential(const ColorRange &range)
{
    static const Steps steps = stepsBetween(
        {QColor(0x00224e), QColor(0x35456c), QColor(0x666970), QColor(0x948e77), QColor(0xc8b866), QColor(0xfee838)});
    return ColorMap(steps, range, range.low, range.high > range.low ? range.high : range.low + 1e-12);
}

QColor ColorMap::color(double value) const
{
    const double share = std::clamp((value - m_first) / (m_last - m_first), 0.0, 1.0);
    return QColor(m_colors[static_cast<std::size_t>(std::lround(share * (m_colors.size() - 1)))]);
}

} // namespace ecdysis
