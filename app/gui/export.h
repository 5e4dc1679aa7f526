// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <memory>

#include <QString>

#include "core/values/result.h"
#include "widgets/figure.h"

class QMimeData;
class QPrinter;

namespace ecdysis {

class SensitivityHeatmap;
class SensitivityTable;

/// A figure of this width, in the usual shape unless that makes it too low.
FigureStyle figureStyle(int millimetres);

/// Writes the figure (png, svg, pdf) or the table (csv), told by the file's suffix; the old file or the new one, whole.
/// Errors: Unsupported (another suffix), WriteFailed.
Result<void> exportScan(const QString &path, SensitivityHeatmap &heatmap, const SensitivityTable &table,
                        const FigureStyle &style = {});

/// The figure for the clipboard: a picture of 300 dots an inch, and SVG for programs that take it.
std::unique_ptr<QMimeData> copyOfFigure(SensitivityHeatmap &heatmap, const FigureStyle &style = {});

/// The table for the clipboard: as text in columns, which spreadsheets take, and as CSV.
std::unique_ptr<QMimeData> copyOfTable(const SensitivityTable &table);

/// Prints the figure as wide as the page, its text at the size of figures.
/// Errors: WriteFailed (the printer does not take it).
Result<void> printFigure(QPrinter &printer, SensitivityHeatmap &heatmap);

} // namespace ecdysis
