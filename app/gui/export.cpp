// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/export.h"

#include <QFileInfo>
#include <QIODevice>

#include "widgets/figure.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"

namespace ecdysis {

Result<void> exportScan(const QString &path, SensitivityHeatmap &heatmap, const SensitivityTable &table)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    QString error;
    bool written = false;
    if (suffix == QLatin1String("csv"))
        written = writeWhole(
            path, [&table](QIODevice &device) { return device.write(table.csv().toUtf8()) >= 0; }, &error);
    else if (suffix == QLatin1String("png") || suffix == QLatin1String("svg") || suffix == QLatin1String("pdf"))
        written = heatmap.exportFigure(path, FigureStyle{}, &error);
    else
        return failure(ErrorCode::Unsupported, "expected a name that ends in .png, .svg, .pdf or .csv",
                       path.toStdString());
    if (!written)
        return failure(ErrorCode::WriteFailed, error.toStdString(), path.toStdString());
    return {};
}

} // namespace ecdysis
