// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QAction>
#include <QCheckBox>
#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>
#include <QTabWidget>
#include <QTimer>
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
    void kindsOfHybridsAreListed();
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
    QTest::addColumn<QString>("fixture");
    for (const QString &code : Language::codes())
        for (const char *fixture : {"mamba", "zamba2", "falcon_h1", "nemotron_h", "granitemoehybrid"})
            QTest::addRow("%s, %s", qPrintable(code), fixture) << code << QString::fromLatin1(fixture);
}

void TestMainWindow::fitsSmallScreens()
{
    QFETCH(QString, language);
    QFETCH(QString, fixture);
    const TinyModel model(fixture.toStdString());
    Desk desk(language);
    QVERIFY(desk.scan(model, 2));
    for (const char *unit : {"ssm:2", "block:1", "transformer:3"}) { // the last ones with long names of tensors
        desk.selection.setUnit(QString::fromLatin1(unit));
        QTest::qWait(50);
        desk.window->resize(1024, 700);
        QTest::qWait(50);
        QCOMPARE(desk.window->size(), QSize(1024, 700));
    }
}

/// Few kinds have a box each; more of them stand in a list that stays open and that keys reach.
void TestMainWindow::kindsOfHybridsAreListed()
{
    Desk desk;
    const TinyModel mamba, hybrid("granitemoehybrid");
    ScanBar &bar = desk.window->scanBar();
    auto *button = bar.findChild<QToolButton *>(QStringLiteral("kinds"));
    QVERIFY(desk.open(mamba.folder.path()));
    QVERIFY(!button->isVisible());
    QCOMPARE(bar.findChildren<QCheckBox *>().size(), 3);
    QVERIFY(desk.open(hybrid.folder.path()));
    QVERIFY(button->isVisible());
    QCOMPARE(bar.findChildren<QCheckBox *>().size(), 0);
    QCOMPARE(button->text(), QStringLiteral("Block, SSM ▾"));
    QCOMPARE(bar.request().kinds, (std::vector<std::string>{"block", "ssm"}));
    button->setFocus();
    QTimer::singleShot(300, button->menu(), [menu = button->menu()] {
        for (const Qt::Key key : {Qt::Key_Down, Qt::Key_Down, Qt::Key_Space, Qt::Key_Escape})
            QTest::keyClick(menu, key);
    });
    QTest::keyClick(button, Qt::Key_Space); // returns when the list is closed
    QCOMPARE(bar.request().kinds, (std::vector<std::string>{"block", "mamba", "ssm"}));
    QCOMPARE(button->text(), QStringLiteral("3 of 8 kinds ▾"));
    button->menu()->actions().last()->trigger();
    QCOMPARE(button->text(), QStringLiteral("all kinds ▾"));
    QCOMPARE(bar.request().kinds.size(), std::size_t{8});
    button->menu()->actions().last()->trigger();
    QVERIFY(bar.request().kinds.empty());
    QVERIFY(!bar.canStart());
    bar.setKinds({QStringLiteral("moe")});
    QVERIFY(button->accessibleName().endsWith(QStringLiteral("Experts (MoE)")));
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
