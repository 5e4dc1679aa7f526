// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTemporaryDir>
#include <QTest>

#include "app/gui/settings.h"

using namespace ecdysis;

class TestSettings : public QObject
{
    Q_OBJECT

private slots:
    void roundTrip();
    void emptyStoreGivesDefaults();
    void recentKeepsTheNewestTenOnce();
};

void TestSettings::roundTrip()
{
    const QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("settings.ini"));
    Settings settings;
    settings.theme = QStringLiteral("dark");
    settings.language = QStringLiteral("de");
    settings.compute = {.device = "cpu", .dtype = DType::BF16, .threads = 2};
    settings.kinds = {QStringLiteral("ssm")};
    settings.text = QStringLiteral("/data/Ein Text, mit Komma.txt");
    settings.window = 256;
    settings.maxWindows = 0;
    settings.folder = QStringLiteral("/models");
    settings.recent = {{QStringLiteral("/m/a"), QStringLiteral("a"), QStringLiteral("Mamba · 12 layers")},
                       {QStringLiteral("/m/b, c"), QStringLiteral("b"), QString()}};
    settings.shownScans = {{QStringLiteral("/m/a"), 1}};
    settings.geometry = QByteArray("\0\1\2", 3);
    settings.windowState = QByteArray("state");
    settings.flopsPerSecond = 1.25e10;
    {
        QSettings store(file, QSettings::IniFormat);
        saveSettings(store, settings);
    }
    const QSettings store(file, QSettings::IniFormat);
    QVERIFY(loadSettings(store) == settings);
}

void TestSettings::emptyStoreGivesDefaults()
{
    const QTemporaryDir folder;
    const QSettings store(folder.filePath(QStringLiteral("none.ini")), QSettings::IniFormat);
    QVERIFY(loadSettings(store) == Settings{});
}

void TestSettings::recentKeepsTheNewestTenOnce()
{
    QList<Recent> list;
    for (int i = 0; i < 14; ++i)
        remember(list, {QStringLiteral("/m/%1").arg(i % 12), QString::number(i), {}});
    QCOMPARE(list.size(), 10);
    QCOMPARE(list[0].path, QStringLiteral("/m/1"));
    QCOMPARE(list[0].title, QStringLiteral("13"));
    QCOMPARE(list[2].path, QStringLiteral("/m/11"));
    const auto same = [](const Recent &entry) { return entry.path == QLatin1String("/m/1"); };
    QCOMPARE(std::count_if(list.begin(), list.end(), same), 1);
}

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
