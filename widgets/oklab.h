// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cmath>

#include <QColor>

namespace ecdysis {

/// A colour in OKLab, where equal steps look equal (Ottosson 2020, "A perceptual color space for image processing").
struct OkLab
{
    double lightness = 0; ///< 0 black, 1 white
    double a = 0;
    double b = 0;
};

OkLab toOkLab(const QColor &color);

/// The nearest displayable colour.
QColor toColor(const OkLab &lab);

/// Between two colours, `share` 0..1.
inline OkLab between(const OkLab &from, const OkLab &to, double share)
{
    return {std::lerp(from.lightness, to.lightness, share), std::lerp(from.a, to.a, share),
            std::lerp(from.b, to.b, share)};
}

} // namespace ecdysis
