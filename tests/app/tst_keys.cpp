// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAction>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QLineEdit>
#include <QMenuBar>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextTable>
#include <QTimer>

#include "app/gui/commands.h"
#include "app/gui/help_dialog.h"
#include "app/gui/views.h"
#include "tests/support/desk.h"
#include "widgets/command_palette.h"
#include "widgets/sensitivity_heatmap.h"

using namespace ecdysis;

namespace {

/// A desk in front, with a model open and one scan of it.
struct OpenDesk : Desk
{
    explicit OpenDesk(const QString &code = QStringLiteral("en")) : Desk(code)
    {
        if (!open(model.folder.path()) || !QTest::qWaitForWindowActive(window.get()))
            qFatal("no window with a model");
        prepare(model, 2);
        window->heatmap().setFocus();
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const
    {
        QWidget *target = window->focusWidget() ? window->focusWidget() : window.get();
        QTest::keyClick(target, key, modifiers);
    }
    bool dockVisible(const char *id) const { return window->findChild<QDockWidget *>(QLatin1String(id))->isVisible(); }
    TinyModel model;
};

} // namespace

/// Each key that the guide names does what it says.
class TestKeys : public QObject
{
    Q_OBJECT

private slots:
    void numbersShowViews();
    void sScansAndEscCancels();
    void arrowsMoveTheSelection();
    void exportAndOpenAskForAPlace_data();
    void exportAndOpenAskForAPlace();
    void paletteListsCommands();
    void viewAloneAndBack();
    void helpOfTheViewInWork();
    void everyViewHasAPageInEveryLanguage();
    void pagesWrapAndFollowTheTheme();
    void lettersTypeInFields();
    void noKeyTwice();
};

void TestKeys::numbersShowViews()
{
    const OpenDesk desk;
    const auto *tabs = desk.window->findChild<QTabWidget *>();
    desk.press(Qt::Key_2);
    QCOMPARE(tabs->currentIndex(), 1);
    desk.press(Qt::Key_1);
    QCOMPARE(tabs->currentIndex(), 0);
    for (const char *id : {"model", "inspector", "problems"})
        desk.window->findChild<QDockWidget *>(QLatin1String(id))->hide();
    desk.press(Qt::Key_3);
    QVERIFY(desk.dockVisible("model"));
    desk.press(Qt::Key_3);
    QVERIFY(!desk.dockVisible("model"));
    desk.press(Qt::Key_4);
    QVERIFY(desk.dockVisible("inspector"));
    desk.press(Qt::Key_5);
    QVERIFY(desk.dockVisible("problems"));
}

void TestKeys::sScansAndEscCancels()
{
    OpenDesk desk;
    desk.press(Qt::Key_S);
    QVERIFY(desk.operations.isScanning());
    QVERIFY(desk.waitForEnd());
    QVERIFY(isFinished(desk.document.scan()));
    desk.window->scanBar().setProtocol({.window = 32, .maxWindows = 0});
    connect(&desk.document, &Document::cellMeasured, &desk.operations, [&desk] { desk.press(Qt::Key_Escape); });
    desk.press(Qt::Key_S);
    QVERIFY(desk.operations.isScanning());
    QVERIFY(desk.waitForEnd());
    if (isFinished(desk.document.scan()))
        QSKIP("the scan was over before the request to stop arrived");
    QVERIFY(measuredCells(desk.document.scan()) >= 1);
}

void TestKeys::arrowsMoveTheSelection()
{
    OpenDesk desk;
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    desk.window->heatmap().setFocus();
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_Right);
    QCOMPARE(desk.selection.unit(), QStringLiteral("block:1"));
    desk.press(Qt::Key_Down);
    QCOMPARE(desk.selection.unit(), QStringLiteral("ssm:1"));
}

void TestKeys::exportAndOpenAskForAPlace_data()
{
    QTest::addColumn<int>("key");
    QTest::addColumn<int>("modifiers");
    QTest::addColumn<QString>("dialog");
    QTest::newRow("Ctrl+O") << int(Qt::Key_O) << int(Qt::ControlModifier) << QStringLiteral("QFileDialog");
    QTest::newRow("Ctrl+S") << int(Qt::Key_S) << int(Qt::ControlModifier) << QStringLiteral("QFileDialog");
    QTest::newRow("E") << int(Qt::Key_E) << int(Qt::NoModifier) << QStringLiteral("QFileDialog");
    QTest::newRow("Shift+E") << int(Qt::Key_E) << int(Qt::ShiftModifier) << QStringLiteral("QFileDialog");
    QTest::newRow("Ctrl+P") << int(Qt::Key_P) << int(Qt::ControlModifier) << QStringLiteral("QPrintDialog");
}

void TestKeys::exportAndOpenAskForAPlace()
{
    QFETCH(int, key);
    QFETCH(int, modifiers);
    QFETCH(QString, dialog);
    OpenDesk desk;
    desk.window->scanBar().start();
    QVERIFY(desk.waitForEnd());
    desk.window->heatmap().setFocus();
    QString asked;
    QTimer::singleShot(300, desk.window.get(), [&asked] {
        auto *shown = qobject_cast<QDialog *>(QApplication::activeModalWidget());
        if (!shown)
            return;
        asked = QLatin1String(shown->metaObject()->className());
        shown->reject();
    });
    desk.press(static_cast<Qt::Key>(key), Qt::KeyboardModifiers(modifiers));
    QTRY_COMPARE(asked, dialog);
}

void TestKeys::paletteListsCommands()
{
    const OpenDesk desk;
    desk.press(Qt::Key_K, Qt::ControlModifier);
    auto *palette = desk.window->findChild<CommandPalette *>();
    QVERIFY(palette && palette->isVisible());
    QTest::keyClicks(palette->findChild<QLineEdit *>(), QStringLiteral("table view"));
    QTest::keyClick(palette, Qt::Key_Escape);
    QTRY_VERIFY(!desk.window->findChild<CommandPalette *>());
}

void TestKeys::viewAloneAndBack()
{
    const OpenDesk desk;
    desk.press(Qt::Key_F11);
    QVERIFY(!desk.dockVisible("inspector"));
    QVERIFY(!desk.window->menuBar()->isVisible());
    desk.press(Qt::Key_F11);
    QVERIFY(desk.dockVisible("inspector"));
    desk.press(Qt::Key_F11);
    desk.press(Qt::Key_W, Qt::ControlModifier);
    QVERIFY(!desk.document.isOpen());
    QVERIFY(desk.window->menuBar()->isVisible());
}

void TestKeys::helpOfTheViewInWork()
{
    const OpenDesk desk(QStringLiteral("de"));
    desk.press(Qt::Key_F1);
    auto *help = desk.window->findChild<HelpDialog *>();
    QVERIFY(help && help->isVisible());
    QCOMPARE(help->page(), QStringLiteral("sensitivity"));
    QVERIFY(help->findChild<QTextBrowser *>()->toPlainText().contains(QStringLiteral("Standardfehler")));
    help->hide();
    desk.window->findChild<QAction *>(QStringLiteral("view-model"))->trigger();
    desk.window->findChild<QAction *>(QStringLiteral("help"))->trigger();
    QCOMPARE(help->page(), QStringLiteral("model"));
    desk.window->findChild<QAction *>(QStringLiteral("keys"))->trigger();
    QCOMPARE(help->page(), QStringLiteral("keys"));
}

void TestKeys::everyViewHasAPageInEveryLanguage()
{
    QStringList pages{QStringLiteral("start"), QStringLiteral("keys")};
    for (const View &view : views())
        pages.append(QLatin1String(view.id));
    for (const QString &code : Language::codes()) {
        Language language;
        language.choose(code);
        HelpDialog help(nullptr);
        for (const QString &page : pages) {
            help.showPage(page);
            const auto *browser = help.findChild<QTextBrowser *>();
            QVERIFY2(browser->source().path().contains(QStringLiteral("/%1/").arg(code)), qPrintable(page));
            QVERIFY2(browser->toPlainText().size() > 200, qPrintable(code + page));
            // Every link leads to a page.
            for (QTextBlock block = browser->document()->begin(); block.isValid(); block = block.next())
                for (auto part = block.begin(); !part.atEnd(); ++part)
                    if (const QString target = part.fragment().charFormat().anchorHref(); !target.isEmpty())
                        QVERIFY2(QFile::exists(QStringLiteral(":/help/%1/%2").arg(code, target)), qPrintable(target));
        }
    }
}

void TestKeys::pagesWrapAndFollowTheTheme()
{
    HelpDialog help(nullptr);
    help.showPage(QStringLiteral("tuning"));
    auto *browser = help.findChild<QTextBrowser *>();
    QVERIFY(!browser->loadResource(QTextDocument::ImageResource, QUrl(QStringLiteral("../tuning.svg"))).isNull());
    for (QTextBlock block = browser->document()->begin(); block.isValid(); block = block.next())
        QVERIFY2(!block.blockFormat().nonBreakableLines(), qPrintable(block.text()));
    help.showPage(QStringLiteral("export"));
    const QTextBlock program = browser->document()->find(QStringLiteral("import json, pathlib, torch")).block();
    QVERIFY(program.isValid() && program.blockFormat().bottomMargin() == 0);
    help.showPage(QStringLiteral("tuning"));
    QTextTable *table = nullptr;
    for (QTextFrame *frame : browser->document()->rootFrame()->childFrames())
        table = table ? table : qobject_cast<QTextTable *>(frame);
    QVERIFY(table && table->format().border() == 0);
    for (const QColor &line : {QColor(200, 0, 0), QColor(0, 0, 200)}) {
        QPalette palette = help.palette();
        palette.setColor(QPalette::Mid, line);
        help.setPalette(palette);
        for (int row = 0; row < table->rows(); ++row)
            QCOMPARE(table->cellAt(row, 0).format().toTableCellFormat().bottomBorderBrush().color(), line);
    }
}

void TestKeys::lettersTypeInFields()
{
    const OpenDesk desk;
    auto *search = desk.window->findChild<QDockWidget *>(QStringLiteral("model"))->findChild<QLineEdit *>();
    search->setFocus();
    QTest::keyClicks(search, QStringLiteral("ssE1"));
    QCOMPARE(search->text(), QStringLiteral("ssE1"));
    QVERIFY(!desk.operations.isScanning());
    QVERIFY(!QApplication::activeModalWidget());
}

void TestKeys::noKeyTwice()
{
    const OpenDesk desk;
    QHash<QKeySequence, QString> taken;
    for (const QAction *action : desk.window->actions())
        for (const QKeySequence &keys : action->shortcuts()) {
            if (keys.isEmpty())
                continue;
            QVERIFY2(!taken.contains(keys), qPrintable(keys.toString() + taken.value(keys) + action->objectName()));
            taken.insert(keys, action->objectName());
        }
    QVERIFY(taken.size() >= 16);
}

QTEST_MAIN(TestKeys)
#include "tst_keys.moc"
