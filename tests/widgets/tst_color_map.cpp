// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QTest>

#include "widgets/color_map.h"
#include "widgets/effect.h"
#include "widgets/oklab.h"

using namespace ecdysis;

/// Colours of numbers, and what is a number at all.
class ColorMapTest : public QObject
{
    Q_OBJECT

private slots:
    void percentiles();
    void rangeHoldsZero();
    void divergingIsNeutralAtZero_data();
    void divergingIsNeutralAtZero();
    void divergingGrowsWithStrength();
    void sequentialLightnessRises();
    void beyondTheEnds();
    void oklabThereAndBack();
    void certainties();
};

void ColorMapTest::percentiles()
{
    std::vector<double> values;
    for (int i = 0; i <= 100; ++i)
        values.push_back(i);
    values.push_back(std::nan(""));
    const ColorRange range = percentileRange(values);
    QCOMPARE(range.low, 2.0);
    QCOMPARE(range.high, 98.0);
    QVERIFY(range.clippedLow && range.clippedHigh);
    const ColorRange one = percentileRange({4.0});
    QCOMPARE(one, (ColorRange{4, 4, false, false}));
    QCOMPARE(percentileRange({std::nan("")}), ColorRange{});
}

void ColorMapTest::rangeHoldsZero()
{
    std::vector<double> values;
    for (int i = 1; i <= 101; ++i)
        values.push_back(i);
    const ColorRange range = percentileRangeAroundZero(values);
    QCOMPARE(range.low, 0.0);
    QVERIFY(!range.clippedLow);
    QVERIFY(range.clippedHigh);
}

void ColorMapTest::divergingIsNeutralAtZero_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void ColorMapTest::divergingIsNeutralAtZero()
{
    QFETCH(bool, dark);
    const Theme theme = dark ? darkTheme() : lightTheme();
    const ColorMap map = ColorMap::diverging(theme, {-0.1, 0.5, false, false});
    const OkLab middle = toOkLab(map.color(0));
    QVERIFY(std::hypot(middle.a, middle.b) < 0.02);
    QVERIFY(std::abs(middle.lightness - toOkLab(theme.raised).lightness) < 0.15);
    QVERIFY(toOkLab(map.color(0.4)).b > 0.05);   // orange
    QVERIFY(toOkLab(map.color(-0.4)).b < -0.05); // blue
}

void ColorMapTest::divergingGrowsWithStrength()
{
    const ColorMap map = ColorMap::diverging(lightTheme(), {-1, 1, false, false});
    double last = 2;
    for (double value = 0; value <= 1; value += 0.1) {
        const double lightness = toOkLab(map.color(value)).lightness;
        QVERIFY(lightness < last);
        QVERIFY(std::abs(lightness - toOkLab(map.color(-value)).lightness) < 0.12);
        last = lightness;
    }
}

void ColorMapTest::sequentialLightnessRises()
{
    const ColorMap map = ColorMap::sequential({0, 10, false, false});
    double last = -1;
    for (double value = 0; value <= 10; value += 0.5) {
        const double lightness = toOkLab(map.color(value)).lightness;
        QVERIFY(lightness > last);
        last = lightness;
    }
}

void ColorMapTest::beyondTheEnds()
{
    const ColorMap map = ColorMap::sequential({0, 1, false, false});
    QCOMPARE(map.color(7), map.color(1));
    QCOMPARE(map.color(-7), map.color(0));
}

void ColorMapTest::oklabThereAndBack()
{
    for (const QRgb rgb : {0xff2f6fdeU, 0xff000000U, 0xffffffffU, 0xffdf7a22U, 0xff00ff00U})
        QCOMPARE(toColor(toOkLab(QColor(rgb))).rgb(), rgb);
    QVERIFY(std::abs(toOkLab(Qt::white).lightness - 1) < 1e-4);
}

void ColorMapTest::certainties()
{
    Scan scan;
    scan.denseLosses = {1, 2, 3, 4};
    Cell cell{"block:0", "block", 0};
    QCOMPARE(effectOf(scan, cell).certainty, Certainty::Unmeasured);
    cell.losses = {1.5, 2.5, 3.5, 4.6};
    QCOMPARE(effectOf(scan, cell).certainty, Certainty::Clear);
    QCOMPARE(effectOf(scan, cell).delta, pairedDifference(cell.losses, scan.denseLosses));
    QCOMPARE(effectOf(scan, cell).nll, mean(cell.losses).value);
    QCOMPARE(effectOf(scan, cell).nllError, mean(cell.losses).standardError);
    cell.losses = {0, 3, 2, 5.1};
    QCOMPARE(effectOf(scan, cell).certainty, Certainty::WithinNoise);
    cell.losses = {0, std::nan(""), 2, 5};
    QCOMPARE(effectOf(scan, cell).certainty, Certainty::NotANumber);
    Scan single = scan;
    single.denseLosses = {1};
    cell.losses = {2.5}; // one window: its error is not known
    QCOMPARE(effectOf(single, cell).certainty, Certainty::WithinNoise);
    QVERIFY(!effectOf(single, cell).errorKnown());
    cell.losses = {1};
    QCOMPARE(effectOf(scan, cell).certainty, Certainty::Unmeasured);
    scan.cells = {cell, {"ssm:0", "ssm", 0}, {"block:1", "block", 1}};
    QCOMPARE(kindsOf(scan), (std::vector<std::string>{"block", "ssm"}));
    QCOMPARE(measuredCells(scan), 1);
    QCOMPARE(cellOf(scan, "ssm:0")->kind, std::string("ssm"));
    QVERIFY(cellOf(scan, "ssm:1") == nullptr);
}

QTEST_MAIN(ColorMapTest)
#include "tst_color_map.moc"
