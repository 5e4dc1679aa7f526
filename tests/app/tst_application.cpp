// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QApplication>
#include <QMenu>
#include <QScreen>
#include <QToolButton>

#include "app/gui/application.h"
#include "tests/support/desk.h"

using namespace ecdysis;

/// The program as a whole with settings of an earlier start.
class TestApplication : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void deviceThatIsGoneGivesWayToTheProcessor();
    void rememberedNumbersAndThreadsStay();
    void firstWindowFitsTheScreen();

private:
    static MainWindow &window();
    static QString choice() { return window().findChild<QToolButton *>(QStringLiteral("compute"))->text(); }
    static void store(const ComputeOptions &compute);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestApplication::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("XDG_DATA_HOME", m_folder->filePath(QStringLiteral("data")).toUtf8());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, m_folder->path());
    nameApplication();
}

MainWindow &TestApplication::window()
{
    MainWindow *found = nullptr;
    for (QWidget *widget : QApplication::topLevelWidgets())
        if (auto *window = qobject_cast<MainWindow *>(widget))
            found = window;
    return *found;
}

void TestApplication::store(const ComputeOptions &compute)
{
    QSettings store;
    saveSettings(store, {.language = QStringLiteral("en"), .compute = compute, .flopsPerSecond = 1e12});
}

void TestApplication::deviceThatIsGoneGivesWayToTheProcessor()
{
    store({.device = "abacus", .dtype = DType::BF16, .threads = 1});
    {
        Application application(*qApp);
        application.start({});
        QTRY_COMPARE(choice(), QStringLiteral("CPU · bfloat16 · 1 thread ▾"));
        QVERIFY2(bannerText(window()).contains(QLatin1String("ABACUS")), qPrintable(bannerText(window())));
    }
    const Settings kept = loadSettings(QSettings());
    QVERIFY((kept.compute == ComputeOptions{.dtype = DType::BF16, .threads = 1}));
    QCOMPARE(kept.flopsPerSecond, 0.0); // that of the other device says nothing of this one
    Application again(*qApp);
    again.start({});
    QVERIFY2(!bannerText(window()).contains(QLatin1String("ABACUS")), qPrintable(bannerText(window())));
}

void TestApplication::rememberedNumbersAndThreadsStay()
{
    store({.dtype = DType::BF16, .threads = 1});
    {
        Application application(*qApp);
        application.start({});
        QCOMPARE(choice(), QStringLiteral("CPU · bfloat16 · 1 thread ▾"));
        QMenu *menu = window().findChild<QToolButton *>(QStringLiteral("compute"))->menu();
        const auto texts = [menu] {
            emit menu->aboutToShow();
            QString all;
            for (const QAction *action : menu->actions())
                all += action->text() + QLatin1Char('|');
            return all;
        };
        for (const ComputeDevice &device : devices())
            QTRY_VERIFY2(texts().contains(QString::fromStdString(device.title)), qPrintable(texts()));
    }
    QCOMPARE(loadSettings(QSettings()).flopsPerSecond, 1e12);
}

void TestApplication::firstWindowFitsTheScreen()
{
    store({});
    Application application(*qApp);
    application.start({});
    const QSize room = window().screen()->availableSize().expandedTo(window().minimumSizeHint());
    QCOMPARE(window().size(), window().size().boundedTo(room));
}

QTEST_MAIN(TestApplication)
#include "tst_application.moc"
