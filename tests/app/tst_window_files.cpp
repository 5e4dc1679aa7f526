// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAction>
#include <QClipboard>
#include <QDropEvent>
#include <QEventLoop>
#include <QMimeData>
#include <QPrinter>

#include "app/gui/export.h"
#include "core/engine.h"
#include "tests/support/desk.h"
#include "widgets/effect.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"

using namespace ecdysis;

/// Files the window opens, remembers and writes, and what it says of broken ones.
class TestWindowFiles : public QObject
{
    Q_OBJECT

private slots:
    void dropOpens();
    void brokenFileIsNamedInTheBanner();
    void sessionOfAMissingModelIsExplained();
    void savedSessionIsWhereTheUserPutIt();
    void sessionSavedDuringAScanGetsTheLaterCells();
    void recentRemembersWithPicture();
    void exportsEveryFormat();
    void copiesFigureAndTable();
    void printsTheFigure();
};

void TestWindowFiles::dropOpens()
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

void TestWindowFiles::brokenFileIsNamedInTheBanner()
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

void TestWindowFiles::sessionOfAMissingModelIsExplained()
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

void TestWindowFiles::savedSessionIsWhereTheUserPutIt()
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

void TestWindowFiles::sessionSavedDuringAScanGetsTheLaterCells()
{
    const TinyModel model;
    const QTemporaryDir folder;
    const std::filesystem::path target = folder.filePath(QStringLiteral("mine.ecdysis")).toStdString();
    int seen = 0;
    {
        Desk desk;
        QVERIFY(desk.open(model.folder.path()));
        desk.prepare(model, 0);
        int saved = 0;
        QEventLoop loop;
        connect(&desk.document, &Document::cellMeasured, &loop, [&] {
            seen = measuredCells(desk.document.scan());
            if (saved == 0 && desk.operations.saveSession(target))
                saved = seen;
            if (seen > saved)
                loop.quit(); // and the program ends in the midst of the scan
        });
        connect(&desk.operations, &Operations::scanEnded, &loop, &QEventLoop::quit);
        desk.window->scanBar().start();
        loop.exec();
        QVERIFY(seen > 1);
    }
    const auto stored = readSession(target);
    VERIFY_RESULT(stored);
    QVERIFY(measuredCells(stored->scans.at(0)) >= seen);
}

void TestWindowFiles::recentRemembersWithPicture()
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
    QVERIFY2(entries.value(0).subtitle.startsWith(QStringLiteral("8 of 8 cells measured · ")),
             qPrintable(entries.value(0).subtitle)); // and when
    QVERIFY(QFile::remove(session));
    QCOMPARE(desk.thumbnails.entries(desk.settings.recent).value(0).path, model.folder.path());
}

void TestWindowFiles::exportsEveryFormat()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.scan(model, 2));
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

void TestWindowFiles::copiesFigureAndTable()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.open(model.folder.path()));
    QAction *figure = desk.window->findChild<QAction *>(QStringLiteral("copyFigure"));
    QVERIFY(!figure->isEnabled());
    QVERIFY(desk.scan(model, 2));
    figure->trigger();
    const QMimeData *copied = QApplication::clipboard()->mimeData();
    QCOMPARE(qvariant_cast<QImage>(copied->imageData()).size(), QSize(2008, 1122)); // 170 × 95 mm
    QVERIFY(copied->data(QStringLiteral("image/svg+xml")).contains("nats per token"));
    desk.window->findChild<QAction *>(QStringLiteral("figureWidth-84"))->trigger();
    figure->trigger();
    copied = QApplication::clipboard()->mimeData();
    const QImage narrow = qvariant_cast<QImage>(copied->imageData());
    QCOMPARE(narrow.width(), 992);  // 84 mm at 300 dots an inch
    QVERIFY(narrow.height() > 940); // not lower than 80 mm
    desk.window->findChild<QAction *>(QStringLiteral("copyTable"))->trigger();
    copied = QApplication::clipboard()->mimeData();
    QCOMPARE(QString::fromUtf8(copied->data(QStringLiteral("text/csv"))), desk.window->table().csv());
    const QStringList lines = copied->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 9);
    for (const QString &line : lines)
        QCOMPARE(line.count(QLatin1Char('\t')), 9);
}

void TestWindowFiles::printsTheFigure()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.scan(model, 2));
    QPrinter printer(QPrinter::HighResolution);
    printer.setOutputFormat(QPrinter::PdfFormat);
    const QString file = desk.data.filePath(QStringLiteral("printed.pdf"));
    printer.setOutputFileName(file);
    VERIFY_RESULT(printFigure(printer, desk.window->heatmap()));
    QFile printed(file);
    QVERIFY(printed.open(QIODevice::ReadOnly));
    const QByteArray bytes = printed.readAll();
    QVERIFY(bytes.startsWith("%PDF-") && bytes.size() > 3000);
    printer.setOutputFileName(QStringLiteral("/nowhere/at/all.pdf"));
    QCOMPARE(printFigure(printer, desk.window->heatmap()).error().code, ErrorCode::WriteFailed);
}

QTEST_MAIN(TestWindowFiles)
#include "tst_window_files.moc"
