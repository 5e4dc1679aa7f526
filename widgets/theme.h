// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QColor>
#include <QIcon>
#include <QString>

class QApplication;
class QFont;
class QWidget;

namespace ecdysis {

/// The colours everything is drawn with, by meaning.
struct Theme
{
    QColor surface; ///< behind everything
    QColor raised;  ///< panels, fields, plots
    QColor line;    ///< hairlines, grids, outlines
    QColor text;
    QColor muted;     ///< secondary text, what is within its error
    QColor accent;    ///< selection, focus, the one action
    QColor measured;  ///< drawn solid
    QColor predicted; ///< drawn hatched or dashed
    QColor removed;   ///< drawn as an outline
    QColor warning;
    QColor error;
    QColor notANumber; ///< crosses out what should have been a figure; no end of any colour map
    bool dark = false;

    bool operator==(const Theme &) const = default;
};

Theme lightTheme();
Theme darkTheme();
Theme highContrastTheme();
/// Black on white, for figures on paper.
Theme printTheme();

/// Fusion with the theme's palette, the type size of the body and the style sheet of the resources.
void applyTheme(QApplication &application, const Theme &theme);

/// One of resources/icons by its file name without ending, drawn in the text colour; disabled: muted, checked: accent.
QIcon themedIcon(const QString &name, const Theme &theme);

/// The only type sizes in use, in pixels at scale 1.
enum class TypeSize { Small = 11, Body = 13, Title = 16, Display = 22 };

/// The same family in one of our sizes.
QFont sized(const QFont &font, TypeSize size);

/// `share` 0 gives a, 1 gives b; mixed in OKLab.
QColor mixed(const QColor &a, const QColor &b, double share);

/// Colours of lines that are told apart (after Okabe and Ito 2008), repeating after eight.
QColor seriesColor(const Theme &theme, int index);

/// How long a change that explains something may take, in milliseconds; 0 where the system asks for no motion.
int motionTime(const QWidget &widget);

} // namespace ecdysis
