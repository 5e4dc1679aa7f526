// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/figure.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QImage>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include "widgets/theme.h"

namespace ecdysis {

namespace {

struct Figure
{
    const QString &title;
    const FigureStyle &style;
    const FigureDrawer &draw;
};

bool writePng(const Figure &figure, QIODevice &file)
{
    const double scale = figure.style.dotsPerInch * figure.style.inchesPerPixel();
    QImage image((figure.style.drawingSize() * scale).toSize(), QImage::Format_RGB32);
    image.fill(Qt::white);
    image.setDotsPerMeterX(qRound(figure.style.dotsPerInch / 0.0254));
    image.setDotsPerMeterY(qRound(figure.style.dotsPerInch / 0.0254));
    return figure.draw(image, scale) && image.save(&file, "PNG");
}

bool writeSvg(const Figure &figure, QIODevice &file)
{
    const QSize size = figure.style.drawingSize().toSize();
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setResolution(qRound(1 / figure.style.inchesPerPixel()));
    generator.setSize(size);
    generator.setViewBox(QRect(QPoint(), size));
    generator.setTitle(figure.title);
    return figure.draw(generator, 1);
}

bool writePdf(const Figure &figure, QIODevice &file)
{
    constexpr int resolution = 1200;
    QPdfWriter writer(&file);
    writer.setPageMargins(QMarginsF());
    writer.setPageSize(
        QPageSize(QSizeF(figure.style.widthMillimetres, figure.style.heightMillimetres), QPageSize::Millimeter));
    writer.setResolution(resolution);
    writer.setTitle(figure.title);
    return figure.draw(writer, resolution * figure.style.inchesPerPixel());
}

constexpr struct
{
    const char *suffix;
    bool (*write)(const Figure &, QIODevice &);
} formats[] = {{"png", writePng}, {"svg", writeSvg}, {"pdf", writePdf}};

} // namespace

double FigureStyle::inchesPerPixel() const
{
    return textPoints / 72 / static_cast<int>(TypeSize::Small);
}

QSizeF FigureStyle::drawingSize() const
{
    return QSizeF(widthMillimetres, heightMillimetres) / 25.4 / inchesPerPixel();
}

bool saveFigure(const QString &path, const QString &title, const FigureStyle &style, const FigureDrawer &draw,
                QString *error)
{
    const QString suffix = QFileInfo(path).suffix().toLower();
    for (const auto &format : formats)
        if (suffix == QLatin1String(format.suffix))
            return writeWhole(
                path,
                [&](QIODevice &file) {
                    return format.write({title, style, draw}, file);
                },
                error);
    if (error)
        *error = QCoreApplication::translate("ecdysis::Figure",
                                             "%1: a figure is written as .png, .svg or .pdf, not as \"%2\"")
                     .arg(path, suffix);
    return false;
}

QByteArray figureBytes(const QString &suffix, const QString &title, const FigureStyle &style, const FigureDrawer &draw)
{
    QBuffer bytes;
    bytes.open(QIODevice::WriteOnly);
    for (const auto &format : formats)
        if (suffix == QLatin1String(format.suffix) && format.write({title, style, draw}, bytes))
            return bytes.data();
    return {};
}

bool writeWhole(const QString &path, const std::function<bool(QIODevice &)> &write, QString *error)
{
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly) && write(file) && file.commit();
    if (!written && error)
        *error =
            QCoreApplication::translate("ecdysis::Figure", "%1 could not be written: %2").arg(path, file.errorString());
    return written;
}

} // namespace ecdysis
