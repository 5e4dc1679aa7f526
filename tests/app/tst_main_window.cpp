// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>
#include <QToolButton>

#include "app/gui/export.h"
#include "core/engine.h"
#include "tests/app/desk.h"
#include "widgets/effect.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"
#include "widgets/start_page.h"

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

class TestMainWindow : public QObject
{
    Q_OBJECT

private slots:
    void startsWithTheStartPage();
    void scansCellByCellAndStaysLive();
    void cancelKeepsCellsAndASessionContinues();
    void savedSessionIsWhereTheUserPutIt();
    void severalScansCanBeChosen();
    void computationIsChosenAndShown();
    void exportsEveryFormat();
    void brokenFileIsNamedInTheBanner();
    void sessionOfAMissingModelIsExplained();
    void missingTokenizerIsSaidBeforeTheScan();
    void binaryTextIsExplained();
    void dropOpens();
    void recentRemembersWithPicture();
    void oneSelectionEverywhere();
    void viewAloneHidesAndRestores();
    void fitsSmallScreens_data();
    void fitsSmallScreens();
    void speaksGerman();
};

void TestMainWindow::startsWithTheStartPage()
{
    const Desk desk;
    QVERIFY(desk.window->findChild<StartPage *>()->isVisible());
    QVERIFY(!desk.window->heatmap().isVisible());
    for (const QDockWidget *dock : desk.window->findChildren<QDockWidget *>())
        QVERIFY2(!dock->isVisible(), qPrintable(dock->objectName()));
    QVERIFY(!desk.window->findChild<QAction *>(QStringLiteral("scan"))->isEnabled());
    QVERIFY(!desk.window->findChild<QAction *>(QStringLiteral("view-inspector"))->isEnabled());
    QVERIFY(desk.window->findChild<QAction *>(QStringLiteral("open"))->isEnabled());
}

void TestMainWindow::scansCellByCellAndStaysLive()
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

void TestMainWindow::cancelKeepsCellsAndASessionContinues()
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

void TestMainWindow::savedSessionIsWhereTheUserPutIt()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    const std::filesystem::path target = desk.data.filePath(QStringLiteral("mine.ecdysis")).toStdString();
    QCOMPARE(desk.operations.saveSession(target).error().code, ErrorCode::InvalidArgument);
    desk.prepare(model, 2);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    const std::filesystem::path autosaved = desk.document.sessionFile();
    QVERIFY(std::filesystem::exists(autosaved));
    VERIFY_RESULT(desk.operations.saveSession(target));
    QCOMPARE(desk.document.sessionFile(), target);
    QVERIFY(!std::filesystem::exists(autosaved));
    const auto stored = readSession(target);
    VERIFY_RESULT(stored);
    QVERIFY(isFinished(stored->scans.at(0)));
    const auto refused = desk.operations.saveSession("/nowhere/at/all.ecdysis");
    QCOMPARE(refused.error().code, ErrorCode::WriteFailed);
    QCOMPARE(desk.document.sessionFile(), target);
}

void TestMainWindow::severalScansCanBeChosen()
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

void TestMainWindow::computationIsChosenAndShown()
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

void TestMainWindow::exportsEveryFormat()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    const QList<std::pair<const char *, QByteArray>> formats{
        {"a.png", "\x89PNG"}, {"a.svg", "<?xml"}, {"a.pdf", "%PDF-"}, {"a.csv", ""}};
    for (const auto &[name, magic] : formats) {
        const QString file = desk.data.filePath(QLatin1String(name));
        VERIFY_RESULT(exportScan(file, desk.window->heatmap(), desk.window->table()));
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QByteArray bytes = written.readAll();
        QVERIFY2(bytes.startsWith(magic) && bytes.size() > 100, name);
    }
    QFile csv(desk.data.filePath(QStringLiteral("a.csv")));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    QCOMPARE(csv.readAll().count('\n'), 9); // header and 8 cells
    const auto other =
        exportScan(desk.data.filePath(QStringLiteral("a.bmp")), desk.window->heatmap(), desk.window->table());
    QCOMPARE(other.error().code, ErrorCode::Unsupported);
    const auto nowhere =
        exportScan(QStringLiteral("/nowhere/at/all.png"), desk.window->heatmap(), desk.window->table());
    QCOMPARE(nowhere.error().code, ErrorCode::WriteFailed);
}

void TestMainWindow::brokenFileIsNamedInTheBanner()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    QVERIFY(QFile::resize(model.path("model.safetensors"), 1000));
    QVERIFY(desk.open(model.folder.path()));
    QVERIFY2(bannerText(*desk.window).contains(QLatin1String("model.safetensors")),
             qPrintable(bannerText(*desk.window)));
    QVERIFY(desk.document.isOpen()); // what was open stays
    QVERIFY(desk.open(QStringLiteral("/nowhere/at/all")));
    QVERIFY2(bannerText(*desk.window).contains(QLatin1String("/nowhere/at/all")), qPrintable(bannerText(*desk.window)));
}

void TestMainWindow::sessionOfAMissingModelIsExplained()
{
    Desk desk;
    Session session;
    session.modelFolder = "/nowhere/tiny-model";
    const QString file = desk.data.filePath(QStringLiteral("lost.ecdysis"));
    VERIFY_RESULT(writeSession(file.toStdString(), session));
    QVERIFY(desk.open(file));
    QVERIFY(!desk.document.isOpen());
    QVERIFY2(bannerText(*desk.window).contains(QLatin1String("tiny-model")), qPrintable(bannerText(*desk.window)));
}

void TestMainWindow::missingTokenizerIsSaidBeforeTheScan()
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

void TestMainWindow::binaryTextIsExplained()
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

void TestMainWindow::dropOpens()
{
    const TinyModel model;
    Desk desk;
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(model.path("model.safetensors"))}); // a file stands for its folder
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(desk.window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(desk.window.get(), &drop);
    QVERIFY(desk.waitForEnd());
    QVERIFY(desk.document.isOpen());
    QMimeData text;
    text.setText(QStringLiteral("words"));
    QDragEnterEvent other(QPoint(5, 5), Qt::CopyAction, &text, Qt::LeftButton, Qt::NoModifier);
    other.ignore();
    QCoreApplication::sendEvent(desk.window.get(), &other);
    QVERIFY(!other.isAccepted());
}

void TestMainWindow::recentRemembersWithPicture()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    QCOMPARE(desk.settings.recent.value(0).path, model.folder.path());
    desk.prepare(model, 2);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    const QString session = QString::fromStdString(desk.document.sessionFile().string());
    QCOMPARE(desk.settings.recent.value(0).path, session);
    const QList<RecentEntry> entries = desk.thumbnails.entries(desk.settings.recent);
    QCOMPARE(entries.value(0).path, session);
    QVERIFY(!entries.value(0).thumbnail.isNull());
    QVERIFY(QFile::remove(session));
    QCOMPARE(desk.thumbnails.entries(desk.settings.recent).value(0).path, model.folder.path());
}

void TestMainWindow::oneSelectionEverywhere()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    emit desk.window->table().unitPicked(QStringLiteral("ssm:2"));
    QCOMPARE(desk.selection.unit(), QStringLiteral("ssm:2"));
    QCOMPARE(desk.window->heatmap().selection(), QStringLiteral("ssm:2"));
    const QWidget *inspector = desk.window->findChild<QDockWidget *>(QStringLiteral("inspector"))->widget();
    QVERIFY2(inspector->accessibleDescription().contains(QLatin1Char('2')),
             qPrintable(inspector->accessibleDescription()));
}

void TestMainWindow::viewAloneHidesAndRestores()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    auto *inspector = desk.window->findChild<QDockWidget *>(QStringLiteral("inspector"));
    QVERIFY(inspector->isVisible());
    QAction *alone = desk.window->findChild<QAction *>(QStringLiteral("alone"));
    alone->trigger();
    QVERIFY(!inspector->isVisible());
    QVERIFY(!desk.window->menuBar()->isVisible());
    QVERIFY(desk.window->heatmap().isVisible());
    alone->trigger();
    QVERIFY(inspector->isVisible());
    QVERIFY(desk.window->menuBar()->isVisible());
}

void TestMainWindow::fitsSmallScreens_data()
{
    QTest::addColumn<QString>("language");
    for (const QString &code : Language::codes())
        QTest::newRow(qPrintable(code)) << code;
}

void TestMainWindow::fitsSmallScreens()
{
    QFETCH(QString, language);
    const TinyModel model;
    Desk desk(language);
    QVERIFY(desk.open(model.folder.path()));
    desk.prepare(model, 2);
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    desk.selection.setUnit(QStringLiteral("ssm:2"));
    QTest::qWait(50);
    desk.window->resize(1024, 700);
    QTest::qWait(50);
    QCOMPARE(desk.window->size(), QSize(1024, 700));
}

void TestMainWindow::speaksGerman()
{
    QVERIFY(Language::codes().contains(QStringLiteral("de")));
    const Desk desk(QStringLiteral("de"));
    QStringList titles;
    for (const QAction *action : desk.window->menuBar()->actions())
        titles.append(action->text());
    QVERIFY2(titles.contains(QStringLiteral("&Datei")), qPrintable(titles.join(QLatin1Char(' '))));
    QCOMPARE(QLocale().decimalPoint(), QStringLiteral(","));
}

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
