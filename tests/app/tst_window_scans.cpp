// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>
#include <QTimer>
#include <QToolButton>

#include "app/gui/demo.h"
#include "core/engine.h"
#include "tests/support/desk.h"
#include "widgets/effect.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"

using namespace ecdysis;

namespace {

/// Watches how long the event loop was away.
struct GapWatch
{
    GapWatch()
    {
        QObject::connect(&timer, &QTimer::timeout, [this] { largest = std::max(largest, clock.restart()); });
        timer.setTimerType(Qt::PreciseTimer);
        clock.start();
        timer.start(5);
    }
    QTimer timer;
    QElapsedTimer clock;
    qint64 largest = 0;
};

} // namespace

/// Scans from the scan bar: cells arrive, are kept, continued, chosen; what keeps one from starting is said.
class TestWindowScans : public QObject
{
    Q_OBJECT

private slots:
    void scansCellByCellAndStaysLive();
    void cancelKeepsCellsAndASessionContinues();
    void hybridsAreScanned();
    void boundUnitsAreNotCounted();
    void severalScansCanBeChosen();
    void computationIsChosenAndShown();
    void missingTokenizerIsSaidBeforeTheScan();
    void stoppedBeforeTheFirstCellIsSaid();
    void timeIsToldAgainForOtherComputation();
    void demoLeavesTheChosenText();
    void binaryTextIsExplained();
};

void TestWindowScans::scansCellByCellAndStaysLive()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    QVERIFY2(desk.document.isOpen(), qPrintable(bannerText(*desk.window)));
    QVERIFY(desk.window->heatmap().isVisible());
    QCOMPARE(desk.document.card().layers, 4);
    desk.prepare(model, 8);
    QCOMPARE(desk.operations.cost(desk.window->scanBar().request()).cells, 8);

    QSignalSpy cells(&desk.document, &Document::cellMeasured);
    const GapWatch watch;
    desk.window->findChild<QAction *>(QStringLiteral("scan"))->trigger();
    QVERIFY(desk.operations.isScanning());
    QVERIFY(desk.waitForEnd());
    qInfo("largest gap of the event loop while scanning: %lld ms", static_cast<long long>(watch.largest));
    QVERIFY(watch.largest < 2000);
    QVERIFY2(isFinished(desk.document.scan()), qPrintable(bannerText(*desk.window)));
    QCOMPARE(cells.size(), 8);
    QCOMPARE(desk.document.scan().denseLosses.size(), std::size_t{8});

    const auto stored = readSession(desk.document.sessionFile());
    VERIFY_RESULT(stored);
    QCOMPARE(stored->scans.size(), std::size_t{1});
    QVERIFY(stored->scans[0].cells == desk.document.scan().cells);
    QVERIFY2(desk.window->heatmap().summary().contains(QLatin1String("block")),
             qPrintable(desk.window->heatmap().summary()));
    QVERIFY(!desk.window->findChild<QAction *>(QStringLiteral("scan"))->text().isEmpty());
    QCOMPARE(desk.operations.cost(desk.window->scanBar().request()).cells, 0);
}

void TestWindowScans::cancelKeepsCellsAndASessionContinues()
{
    const TinyModel model;
    Desk first;
    QVERIFY(first.open(model.folder.path()));
    first.prepare(model, 0);
    QAction *cancel = first.window->findChild<QAction *>(QStringLiteral("cancel"));
    QVERIFY(!cancel->isEnabled());
    connect(&first.document, &Document::cellMeasured, cancel, &QAction::trigger);
    first.window->scanBar().start();
    QVERIFY(cancel->isEnabled());
    QVERIFY(first.waitForEnd());
    QVERIFY2(bannerText(*first.window).isEmpty(), qPrintable(bannerText(*first.window)));
    const Scan partial = first.document.scan();
    const int kept = measuredCells(partial);
    QVERIFY(kept >= 1);
    if (kept == 8)
        QSKIP("the scan was over before the request to stop arrived");

    Desk second;
    QVERIFY(second.open(QString::fromStdString(first.document.sessionFile().string())));
    QVERIFY2(second.document.isOpen(), qPrintable(bannerText(*second.window)));
    QCOMPARE(measuredCells(second.document.scan()), kept);
    ScanBar &bar = second.window->scanBar();
    QCOMPARE(bar.request().text, std::filesystem::path(model.path("text.txt").toStdString()));
    QCOMPARE(second.operations.cost(bar.request()).cells, 8 - kept);
    QSignalSpy cells(&second.document, &Document::cellMeasured);
    bar.start();
    QVERIFY(second.waitForEnd());
    QVERIFY(isFinished(second.document.scan()));
    QCOMPARE(cells.size(), 8 - kept);
    for (std::size_t i = 0; i < partial.cells.size(); ++i)
        if (!partial.cells[i].losses.empty())
            QVERIFY(second.document.scan().cells[i] == partial.cells[i]);
}

/// Every part of a hybrid; entries of widths that the session holds beside them stay in the table.
void TestWindowScans::hybridsAreScanned()
{
    const TinyModel model("zamba2");
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    ScanBar &bar = desk.window->scanBar();
    bar.setKinds({QStringLiteral("block"), QStringLiteral("ssm"), QStringLiteral("transformer"),
                  QStringLiteral("attention"), QStringLiteral("mlp"), QStringLiteral("mamba")});
    QCOMPARE(desk.operations.cost(bar.request()).cells, 7 + 7 + 4 * 3);
    bar.start();
    QVERIFY(desk.waitForEnd());
    QVERIFY2(isFinished(desk.document.scan()), qPrintable(bannerText(*desk.window)));
    Scan mixed = desk.document.scan();
    for (const char *unit : {"heads:0:0-0", "heads:0:1-1"})
        mixed.cells.push_back({.unit = unit, .kind = "heads", .layer = 0, .losses = mixed.denseLosses});
    desk.document.setScan(mixed, -1);
    QCOMPARE(desk.window->table().model()->rowCount(), static_cast<int>(mixed.cells.size()));
    emit desk.window->table().unitPicked(QStringLiteral("heads:0:1-1"));
    QVERIFY(desk.window->heatmap().selection().isEmpty());
    QCOMPARE(desk.operations.cost(bar.request()).cells, 0);
    emit desk.window->table().unitPicked(QStringLiteral("attention:3"));
    QCOMPARE(desk.window->heatmap().selection(), QStringLiteral("attention:3"));
}

/// What cannot go alone is not counted.
void TestWindowScans::boundUnitsAreNotCounted()
{
    const TinyModel model("zamba2");
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    ModelCard card = desk.document.card();
    for (Unit &unit : card.units)
        if (unit.kind == "attention" || unit.id == "mlp:1")
            unit.needs = {"mlp:3"};
    desk.document.open(card, {}, {});
    ScanBar &bar = desk.window->scanBar();
    bar.setKinds({QStringLiteral("attention"), QStringLiteral("mlp"), QStringLiteral("heads")});
    QCOMPARE(bar.request().kinds, (std::vector<std::string>{"mlp"}));
    ScanRequest asked = bar.request();
    asked.kinds = {"attention", "mlp", "heads"};
    QCOMPARE(desk.operations.cost(asked).cells, 2);
}

void TestWindowScans::severalScansCanBeChosen()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    auto *chooser = desk.window->findChild<QWidget *>(QStringLiteral("scanChooser"));
    auto *box = chooser->findChild<QComboBox *>();
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    QVERIFY(!chooser->isVisible());
    desk.window->scanBar().setProtocol({.window = 32, .maxWindows = 4});
    QCOMPARE(desk.document.freshness(), Freshness::Stale);
    QCOMPARE(desk.operations.cost(desk.window->scanBar().request()).cells, 8);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    QCOMPARE(desk.document.scans().size(), std::size_t{2});
    QCOMPARE(desk.document.freshness(), Freshness::Current);
    QVERIFY(chooser->isVisible());
    QCOMPARE(box->count(), 2);
    QCOMPARE(box->currentIndex(), 1);
    QVERIFY2(box->itemText(0).startsWith(QStringLiteral("Block, SSM · text.txt · 2 × 32 · ")),
             qPrintable(box->itemText(0)));

    desk.selection.setUnit(QStringLiteral("ssm:2"));
    box->setCurrentIndex(0);
    emit box->activated(0);
    QCOMPARE(desk.document.scan().denseLosses.size(), std::size_t{2});
    QCOMPARE(desk.window->scanBar().request().protocol.maxWindows, 2); // the fields follow
    QCOMPARE(desk.document.freshness(), Freshness::Current);
    QCOMPARE(desk.window->heatmap().selection(), QStringLiteral("ssm:2"));
    QVERIFY(desk.open(QString::fromStdString(desk.document.sessionFile().string())));
    QCOMPARE(desk.document.shown(), 0); // remembered
    QCOMPARE(box->currentIndex(), 0);
}

void TestWindowScans::computationIsChosenAndShown()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    auto *button = desk.window->findChild<QToolButton *>(QStringLiteral("compute"));
    emit button->menu()->aboutToShow();
    const QList<QAction *> choices = button->menu()->actions();
    const auto half = std::find_if(choices.begin(), choices.end(), [](const QAction *action) {
        return action->text().startsWith(QLatin1String("bfloat16"));
    });
    QVERIFY(half != choices.end());
    (*half)->trigger();
    QVERIFY2(button->text().contains(QLatin1String("bfloat16")), qPrintable(button->text()));
    QCOMPARE(desk.settings.compute.dtype, DType::BF16);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    QCOMPARE(desk.document.scan().provenance.dtype, DType::BF16);
    desk.selection.setUnit(QStringLiteral("block:1"));
    QStringList said;
    for (const QLabel *label :
         desk.window->findChild<QDockWidget *>(QStringLiteral("inspector"))->findChildren<QLabel *>())
        said.append(label->text());
    QVERIFY2(said.join(QLatin1Char('|')).contains(QStringLiteral("CPU · bfloat16")),
             qPrintable(said.join(QLatin1Char('|'))));
    QCOMPARE(desk.operations.cost(desk.window->scanBar().request()).cells, 0);
    desk.operations.setCompute({.threads = 1}); // other arithmetic: nothing of it is measured yet
    QCOMPARE(desk.operations.cost(desk.window->scanBar().request()).cells, 8);
}

void TestWindowScans::stoppedBeforeTheFirstCellIsSaid()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 0);
    QSignalSpy notices(&desk.operations, &Operations::noticed);
    desk.window->scanBar().start();
    desk.operations.cancel();
    QVERIFY(desk.waitForEnd());
    QCOMPARE(measuredCells(desk.document.scan()), 0);
    QVERIFY(!notices.isEmpty());
    QCOMPARE(notices.last().first().toString(), QStringLiteral("Stopped before the first cell"));
}

void TestWindowScans::timeIsToldAgainForOtherComputation()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    const auto told = [&desk] { return desk.operations.cost(desk.window->scanBar().request()).seconds.has_value(); };
    QTRY_VERIFY_WITH_TIMEOUT(told(), patience);
    desk.operations.setCompute({.threads = 1});
    QVERIFY(!told()); // what was timed says nothing of it
    QTRY_VERIFY_WITH_TIMEOUT(told(), patience);
}

void TestWindowScans::demoLeavesTheChosenText()
{
    if (demoFolder().empty())
        QSKIP("the demo is not there");
    const TinyModel model;
    Desk desk;
    desk.settings.text = model.path("text.txt");
    QVERIFY(desk.open(QString::fromStdString((demoFolder() / "model").string())));
    QCOMPARE(desk.window->scanBar().request().text, demoFolder() / "text.txt");
    QVERIFY(desk.open(model.folder.path()));
    QCOMPARE(desk.window->scanBar().request().text.string(), model.path("text.txt").toStdString());
}

void TestWindowScans::missingTokenizerIsSaidBeforeTheScan()
{
    const TinyModel model;
    QVERIFY(QFile::remove(model.path("tokenizer.json")));
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    QVERIFY(desk.document.isOpen());
    desk.prepare(model, 2);
    QVERIFY(!desk.window->scanBar().canStart());
    const auto *said = desk.window->findChild<QLabel *>(QStringLiteral("scanCost"));
    QVERIFY2(said->text().contains(QLatin1String("tokenizer")), qPrintable(said->text()));
}

void TestWindowScans::binaryTextIsExplained()
{
    const TinyModel model;
    model.write("picture.txt", QByteArray("\x89PNG\r\n\x1a\n\0\0\xff\xfe", 12).repeated(500));
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.window->scanBar().setText(model.path("picture.txt"));
    const auto *said = desk.window->findChild<QLabel *>(QStringLiteral("scanCost"));
    QTRY_VERIFY2_WITH_TIMEOUT(said->text().contains(QLatin1String("picture.txt")), qPrintable(said->text()), patience);
    QVERIFY2(said->toolTip().contains(QLatin1String("UTF-8")), qPrintable(said->toolTip()));
    desk.window->scanBar().start(); // asked for in spite of that
    QVERIFY(desk.waitForEnd());
    QVERIFY2(bannerText(*desk.window).contains(QLatin1String("UTF-8")), qPrintable(bannerText(*desk.window)));
    QVERIFY(!desk.document.hasScan());
}

QTEST_MAIN(TestWindowScans)
#include "tst_window_scans.moc"
