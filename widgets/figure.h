// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <functional>

#include <QSizeF>
#include <QString>

class QByteArray;
class QIODevice;
class QPaintDevice;

namespace ecdysis {

/// A figure on paper: the drawing of the window on white at this size, its small text at this point size.
struct FigureStyle
{
    double widthMillimetres = 170;
    double heightMillimetres = 95;
    double textPoints = 8;
    int dotsPerInch = 300; ///< of a PNG

    /// The drawing's own coordinates: pixels in which small text is TypeSize::Small high.
    QSizeF drawingSize() const;
    /// Inches of one of those pixels.
    double inchesPerPixel() const;

    bool operator==(const FigureStyle &) const = default;
};

/// Draws the figure, of drawingSize() and in its coordinates times `scale`, on a device; whether that went well.
using FigureDrawer = std::function<bool(QPaintDevice &device, double scale)>;

/// Writes a figure by the suffix of its path: png, svg or pdf; whole or not at all.
/// False, with a sentence for people in `error`, for another suffix or when the system refuses.
bool saveFigure(const QString &path, const QString &title, const FigureStyle &style, const FigureDrawer &draw,
                QString *error);

/// What a file of this suffix would hold; empty: another suffix, or it could not be drawn.
QByteArray figureBytes(const QString &suffix, const QString &title, const FigureStyle &style, const FigureDrawer &draw);

/// Writes a file whole or not at all: into a neighbour first, which is then renamed.
/// False, with a sentence for people in `error`, when the system refuses.
bool writeWhole(const QString &path, const std::function<bool(QIODevice &)> &write, QString *error);

} // namespace ecdysis
