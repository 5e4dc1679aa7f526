// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QSignalSpy>
#include <QTest>

#include "app/gui/document.h"
#include "app/gui/selection.h"
#include "widgets/numbers.h"

using namespace ecdysis;

namespace {

ModelCard tinyCard()
{
    ModelCard card;
    card.folder = "/models/tiny";
    card.title = "Mamba";
    card.layout = "hf";
    card.dtype = DType::BF16;
    card.layers = 2;
    card.parameters = 129'100'000;
    return card;
}

Scan tinyScan()
{
    Scan scan;
    scan.cells = {{.unit = "block:0", .kind = "block", .layer = 0}, {.unit = "block:1", .kind = "block", .layer = 1}};
    return scan;
}

} // namespace

class TestDocument : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }
    void openTellsEverything();
    void aNewCellIsToldAlone();
    void aScanThatBeginsIsShown();
    void scansStandBesideEachOther();
    void aScanOfAnotherChoiceIsStale();
    void closeForgets();
    void selectionTellsOnce();
};

void TestDocument::openTellsEverything()
{
    Document document;
    QSignalSpy opened(&document, &Document::opened);
    QSignalSpy scanned(&document, &Document::scanChanged);
    QVERIFY(!document.isOpen());
    QCOMPARE(document.summary(), QString());
    document.open(tinyCard(), {tinyScan()}, "/sessions/a.ecdysis");
    QCOMPARE(opened.size(), 1);
    QCOMPARE(scanned.size(), 1);
    QVERIFY(document.hasScan());
    QVERIFY(!isFinished(document.scan()));
    QCOMPARE(document.title(), QStringLiteral("tiny"));
    QVERIFY2(document.summary().startsWith(QStringLiteral("Mamba · ")), qPrintable(document.summary()));
    QVERIFY2(document.summary().endsWith(QStringLiteral(" · bf16 · Hugging Face layout")),
             qPrintable(document.summary()));
    QVERIFY(document.summary().contains(parameterCount(129'100'000)));
}

void TestDocument::aNewCellIsToldAlone()
{
    Document document;
    document.open(tinyCard(), {tinyScan()}, {});
    QSignalSpy scanned(&document, &Document::scanChanged);
    QSignalSpy measured(&document, &Document::cellMeasured);
    Scan grown = document.scan();
    grown.cells[1].losses = {3.0, 4.0};
    document.setScan(grown, 1);
    QCOMPARE(scanned.size(), 0);
    QCOMPARE(measured.size(), 1);
    QCOMPARE(measured[0][0].toInt(), 1);
    QVERIFY(document.scan() == grown);
    grown.cells[0].losses = {3.0, 4.0};
    document.setScan(grown, -1);
    QCOMPARE(scanned.size(), 1);
    QVERIFY(isFinished(document.scan()));
}

void TestDocument::aScanThatBeginsIsShown()
{
    Document document;
    document.open(tinyCard(), {}, {});
    QVERIFY(!document.hasScan());
    QSignalSpy scanned(&document, &Document::scanChanged);
    QSignalSpy shown(&document, &Document::shownChanged);
    QSignalSpy measured(&document, &Document::cellMeasured);
    document.beginScan(tinyScan());
    QVERIFY(document.hasScan());
    QCOMPARE(scanned.size(), 1);
    QCOMPARE(shown.size(), 1);
    QCOMPARE(measured.size(), 0);
    Scan more = tinyScan(); // another set of cells in the same scan
    more.cells.push_back({.unit = "ssm:0", .kind = "ssm", .layer = 0});
    QCOMPARE(document.setScan(more, 0), 0);
    QCOMPARE(document.scans().size(), std::size_t{1});
    QCOMPARE(scanned.size(), 2);
    QCOMPARE(measured.size(), 0);
}

void TestDocument::scansStandBesideEachOther()
{
    Scan other = tinyScan();
    other.calibration.text = "other.txt";
    Document document;
    document.open(tinyCard(), {tinyScan(), other}, "/sessions/a.ecdysis");
    QCOMPARE(document.shown(), 1);
    QVERIFY(document.scan() == other);
    QSignalSpy scanned(&document, &Document::scanChanged);
    QSignalSpy listed(&document, &Document::scansChanged);
    document.showScan(0);
    QVERIFY(document.scan() == tinyScan());
    QCOMPARE(scanned.size(), 1);
    document.showScan(0);
    document.showScan(7);
    QCOMPARE(scanned.size(), 1);
    other.cells[0].losses = {3.0, 4.0}; // one that is not shown grows unseen
    QCOMPARE(document.setScan(other, 0), 1);
    QCOMPARE(scanned.size(), 1);
    QCOMPARE(listed.size(), 1);
    QCOMPARE(document.shown(), 0);
}

void TestDocument::aScanOfAnotherChoiceIsStale()
{
    Scan scan = tinyScan();
    scan.calibration.text = "/texts/a.txt";
    scan.calibration.protocol = {.window = 64, .maxWindows = 8};
    Document document;
    QSignalSpy changed(&document, &Document::freshnessChanged);
    document.open(tinyCard(), {scan}, {});
    QCOMPARE(document.freshness(), Freshness::Current); // nothing is chosen yet
    document.choose("/texts/a.txt", scan.calibration.protocol);
    QCOMPARE(document.freshness(), Freshness::Current);
    document.choose("/texts/b.txt", scan.calibration.protocol);
    QCOMPARE(document.freshness(), Freshness::Stale);
    document.choose("/texts/a.txt", {.window = 128, .maxWindows = 8});
    QCOMPARE(document.freshness(), Freshness::Stale);
    QCOMPARE(changed.size(), 1);
    Scan fitting = scan;
    fitting.calibration.protocol.window = 128;
    document.beginScan(fitting);
    QCOMPARE(document.freshness(), Freshness::Current);
    QCOMPARE(changed.size(), 2);
}

void TestDocument::closeForgets()
{
    Document document;
    document.open(tinyCard(), {tinyScan()}, "/sessions/a.ecdysis");
    QSignalSpy file(&document, &Document::sessionFileChanged);
    document.close();
    QVERIFY(!document.isOpen());
    QVERIFY(!document.hasScan());
    QVERIFY(document.sessionFile().empty());
    QCOMPARE(file.size(), 1);
}

void TestDocument::selectionTellsOnce()
{
    Selection selection;
    QSignalSpy changed(&selection, &Selection::unitChanged);
    selection.setUnit(QStringLiteral("ssm:3"));
    selection.setUnit(QStringLiteral("ssm:3"));
    QCOMPARE(changed.size(), 1);
    QCOMPARE(selection.unit(), QStringLiteral("ssm:3"));
}

QTEST_GUILESS_MAIN(TestDocument)
#include "tst_document.moc"
