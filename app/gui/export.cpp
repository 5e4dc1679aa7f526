// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/export.h"

#include <algorithm>

#include <QFileInfo>
#include <QIODevice>
#include <QImage>
#include <QMimeData>
#include <QPrinter>

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
        written = saveFigure(path, heatmap.accessibleName(), {}, heatmap.figure({}), &error);
    else
        return failure(ErrorCode::Unsupported, "expected a name that ends in .png, .svg, .pdf or .csv",
                       path.toStdString());
    if (!written)
        return failure(ErrorCode::WriteFailed, error.toStdString(), path.toStdString());
    return {};
}

std::unique_ptr<QMimeData> copyOfFigure(SensitivityHeatmap &heatmap)
{
    auto data = std::make_unique<QMimeData>();
    const QString title = heatmap.accessibleName();
    data->setImageData(QImage::fromData(figureBytes(QStringLiteral("png"), title, {}, heatmap.figure({}))));
    data->setData(QStringLiteral("image/svg+xml"), figureBytes(QStringLiteral("svg"), title, {}, heatmap.figure({})));
    return data;
}

std::unique_ptr<QMimeData> copyOfTable(const SensitivityTable &table)
{
    auto data = std::make_unique<QMimeData>();
    QString text = table.csv();
    data->setData(QStringLiteral("text/csv"), text.toUtf8());
    data->setText(text.replace(QLatin1Char(','), QLatin1Char('\t'))); // no field holds either
    return data;
}

Result<void> printFigure(QPrinter &printer, SensitivityHeatmap &heatmap)
{
    const QSizeF page = printer.pageRect(QPrinter::Millimeter).size();
    FigureStyle style;
    const double shape = style.heightMillimetres / style.widthMillimetres;
    style.widthMillimetres = std::min(page.width(), page.height() / shape);
    style.heightMillimetres = style.widthMillimetres * shape;
    printer.setDocName(heatmap.accessibleName());
    if (!heatmap.figure(style)(printer, printer.resolution() * style.inchesPerPixel()))
        return failure(ErrorCode::WriteFailed, "the printer does not take the figure",
                       printer.printerName().toStdString());
    return {};
}

} // namespace ecdysis
