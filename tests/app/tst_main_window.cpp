// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>
#include <QTabWidget>
#include <QToolButton>

#include "tests/support/desk.h"
#include "widgets/sensitivity_heatmap.h"
#include "widgets/sensitivity_table.h"
#include "widgets/start_page.h"

using namespace ecdysis;

/// What is seen where: pages, panels, the selection, languages, sizes.
class TestMainWindow : public QObject
{
    Q_OBJECT

private slots:
    void startsWithTheStartPage();
    void oneSelectionEverywhere();
    void viewAloneHidesAndRestores();
    void modelCardAndToolsOfTabs();
    void sessionButtonSaysWhatIsOpen();
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

void TestMainWindow::oneSelectionEverywhere()
{
    const TinyModel model;
    Desk desk;
    QVERIFY(desk.scan(model, 2));
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

void TestMainWindow::modelCardAndToolsOfTabs()
{
    const TinyModel model;
    Desk desk;
    auto *card = desk.window->findChild<QLabel *>(QStringLiteral("modelCard"));
    QVERIFY(!card->isVisible());
    QVERIFY(desk.open(model.folder.path()));
    QVERIFY(card->isVisible());
    QCOMPARE(card->text(), desk.document.summary());
    auto *tabs = desk.window->findChild<QTabWidget *>();
    const auto tools = [tabs] {
        QStringList ids;
        for (const QToolButton *button : tabs->cornerWidget()->findChildren<QToolButton *>())
            ids.append(button->defaultAction()->objectName());
        return ids;
    };
    QCOMPARE(tools(), (QStringList{QStringLiteral("copyFigure"), QStringLiteral("exportFigure")}));
    tabs->setCurrentIndex(1);
    QCOMPARE(tools(), (QStringList{QStringLiteral("copyTable"), QStringLiteral("exportTable")}));
    tabs->setCurrentIndex(0);
    QCOMPARE(tools().first(), QStringLiteral("copyFigure"));
}

void TestMainWindow::sessionButtonSaysWhatIsOpen()
{
    const TinyModel model;
    Desk desk;
    const auto *button = desk.window->findChild<QToolButton *>(QStringLiteral("session"));
    QCOMPARE(button->text(), QStringLiteral("Recent ▾"));
    QVERIFY(desk.scan(model, 2));
    VERIFY_RESULT(desk.operations.saveSession(desk.data.filePath(QStringLiteral("mine.ecdysis")).toStdString()));
    QCOMPARE(button->text(), QStringLiteral("mine ▾"));
    emit button->menu()->aboutToShow();
    QVERIFY(button->menu()->actions().first()->text().contains(QStringLiteral("mine.ecdysis")));
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
    QVERIFY(desk.scan(model, 2));
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
