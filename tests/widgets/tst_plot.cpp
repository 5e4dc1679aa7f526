// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QPainter>
#include <QTest>

#include "tests/widgets/move_mouse.h"
#include "widgets/plot.h"

using namespace ecdysis;

/// The chart by itself: the user's zoom, the looks of points.
class PlotTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void zoomOutlastsCells();
    void measuredPointsAreSolid();
};

void PlotTest::initTestCase()
{
    QLocale::setDefault(QLocale(QLocale::English));
    applyTheme(*qApp, lightTheme());
}

void PlotTest::zoomOutlastsCells()
{
    Plot plot;
    const PlotAxis layers{QStringLiteral("Layer"), -0.5, 23.5};
    plot.resize(600, 400);
    plot.setAxes(layers, {QStringLiteral("Loss"), 0, 1});
    plot.setAxes(layers, {QStringLiteral("Loss"), 0, 2});
    QCOMPARE(plot.chartScale().yTo, 2.0); // all was visible: it follows
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QTest::qWait(20);
    QWidget *canvas = plot.findChild<QWidget *>();
    const QRectF area = plot.chartScale().area;
    const QPoint from = area.center().toPoint(), to = from + QPoint(80, 30);
    QTest::mousePress(canvas, Qt::LeftButton, {}, from);
    moveMouse(*canvas, to, Qt::LeftButton);
    QTest::mouseRelease(canvas, Qt::LeftButton, {}, to);
    const PlotScale zoomed = plot.chartScale();
    QVERIFY(zoomed.yTo - zoomed.yFrom < 1 && zoomed.xTo - zoomed.xFrom < 12);
    plot.setAxes(layers, {QStringLiteral("Loss"), -1, 3});
    for (const PlotScale &scale : {plot.chartScale(), plot.bandScale()})
        QCOMPARE(std::pair(scale.xFrom, scale.xTo), std::pair(zoomed.xFrom, zoomed.xTo));
    QCOMPARE(std::pair(plot.chartScale().yFrom, plot.chartScale().yTo), std::pair(zoomed.yFrom, zoomed.yTo));
    QTest::mouseDClick(canvas, Qt::LeftButton, {}, from);
    QCOMPARE(std::pair(plot.chartScale().yFrom, plot.chartScale().yTo), std::pair(-1.0, 3.0));
    QCOMPARE(plot.chartScale().xTo, 23.5);
    plot.setAxes(layers, {QStringLiteral("Loss"), -1, 4});
    QCOMPARE(plot.chartScale().yTo, 4.0);
}

void PlotTest::measuredPointsAreSolid()
{
    const Theme theme = lightTheme();
    const auto middle = [&theme](PointLook look) {
        QImage image(40, 40, QImage::Format_RGB32);
        image.fill(theme.raised);
        QPainter painter(&image);
        paintSeries(painter, {{}, 0, {{0, 0, 0, look}}}, {QRectF(0, 0, 40, 40), -1, 1, -1, 1}, theme);
        return image.pixelColor(20, 20);
    };
    QCOMPARE(middle(PointLook::Measured), seriesColor(theme, 0));
    QVERIFY(middle(PointLook::WithinNoise) != theme.raised);
    QVERIFY(middle(PointLook::WithinNoise) != seriesColor(theme, 0));
    QCOMPARE(middle(PointLook::Predicted), theme.raised);
}

QTEST_MAIN(PlotTest)
#include "tst_plot.moc"
