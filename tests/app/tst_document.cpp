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
    void otherCellsAreAnotherScan();
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
    document.open(tinyCard(), tinyScan(), "/sessions/a.ecdysis");
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
    document.open(tinyCard(), tinyScan(), {});
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

void TestDocument::otherCellsAreAnotherScan()
{
    Document document;
    document.open(tinyCard(), {}, {});
    QVERIFY(!document.hasScan());
    QSignalSpy scanned(&document, &Document::scanChanged);
    QSignalSpy measured(&document, &Document::cellMeasured);
    document.setScan(tinyScan(), 0);
    QCOMPARE(scanned.size(), 1);
    QCOMPARE(measured.size(), 0);
}

void TestDocument::closeForgets()
{
    Document document;
    document.open(tinyCard(), tinyScan(), "/sessions/a.ecdysis");
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
