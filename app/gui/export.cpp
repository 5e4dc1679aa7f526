// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/export.h"

#include <algorithm>

#include <QFileInfo>
#include <QIODevice>
#include <QImage>
#include <QMimeData>
#include <QPrinter>

#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"

namespace ecdysis {

FigureStyle figureStyle(int millimetres)
{
    FigureStyle style;
    constexpr double least = 80; // lower ones would squeeze the curves between the squares and the key
    style.heightMillimetres = std::max(least, style.heightMillimetres * millimetres / style.widthMillimetres);
    style.widthMillimetres = millimetres;
    return style;
}

Result<void> exportScan(const QString &path, SensitivityHeatmap &heatmap, const SensitivityTable &table,
                        const FigureStyle &style)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    QString error;
    bool written = false;
    if (suffix == QLatin1String("csv"))
        written = writeWhole(
            path, [&table](QIODevice &device) { return device.write(table.csv().toUtf8()) >= 0; }, &error);
    else if (suffix == QLatin1String("png") || suffix == QLatin1String("svg") || suffix == QLatin1String("pdf"))
        written = saveFigure(path, heatmap.accessibleName(), style, heatmap.figure(style), &error);
    else
        return failure(ErrorCode::Unsupported, "expected a name that ends in .png, .svg, .pdf or .csv",
                       path.toStdString());
    if (!written)
        return failure(ErrorCode::WriteFailed, error.toStdString(), path.toStdString());
    return {};
}

std::unique_ptr<QMimeData> copyOfFigure(SensitivityHeatmap &heatmap, const FigureStyle &style)
{
    auto data = std::make_unique<QMimeData>();
    const QString title = heatmap.accessibleName();
    data->setImageData(QImage::fromData(figureBytes(QStringLiteral("png"), title, style, heatmap.figure(style))));
    data->setData(QStringLiteral("image/svg+xml"),
                  figureBytes(QStringLiteral("svg"), title, style, heatmap.figure(style)));
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
