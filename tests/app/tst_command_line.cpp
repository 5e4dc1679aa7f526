// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <array>

#include <QTest>

#include "app/gui/command_line.h"

using namespace ecdysis;

class TestCommandLine : public QObject
{
    Q_OBJECT

private slots:
    void readsEveryOption();
    void theDemoHasItsOwnProtocol();
    void sessionIsOursNotTheToolkits();
    void headlessIsSeenBeforeTheApplication();
};

void TestCommandLine::readsEveryOption()
{
    const CommandLine line = parseCommandLine({"ecdysis",    "/m",        "--headless",    "--text",   "t.txt",
                                               "--window",   "64",        "--max-windows", "3",        "--units",
                                               "ssm",        "--session", "s.ecdysis",     "--export", "h.png",
                                               "--table",    "--size",    "800x600",       "--theme",  "dark",
                                               "--language", "de",        "--select",      "ssm:1",    "--screenshot",
                                               "w.png"});
    CommandLine expected;
    expected.path = "/m";
    expected.headless = true;
    expected.text = "t.txt";
    expected.protocol = {.window = 64, .maxWindows = 3};
    expected.kinds = {"ssm"};
    expected.session = "s.ecdysis";
    expected.exportFile = "h.png";
    expected.table = true;
    expected.screenshot = "w.png";
    expected.size = {800, 600};
    expected.theme = "dark";
    expected.language = "de";
    expected.unit = "ssm:1";
    QVERIFY(line == expected);
}

void TestCommandLine::theDemoHasItsOwnProtocol()
{
    const WindowProtocol own = parseCommandLine({"ecdysis", "--demo"}).protocol;
    QCOMPARE(own.window, 256);
    QCOMPARE(own.maxWindows, 0);
    QCOMPARE(parseCommandLine({"ecdysis", "--demo", "--window", "128"}).protocol.window, 128);
    QCOMPARE(parseCommandLine({"ecdysis", "/m"}).protocol.window, 512);
}

void TestCommandLine::sessionIsOursNotTheToolkits()
{
    char program[] = "ecdysis", option[] = "--session", file[] = "s.ecdysis";
    std::array<char *, 3> arguments{program, option, file};
    keepFromToolkit(3, arguments.data());
    QStringList kept;
    for (const char *argument : arguments)
        kept.append(QString::fromUtf8(argument));
    QVERIFY(!kept.contains(QStringLiteral("--session")));
    QCOMPARE(parseCommandLine(kept).session, QStringLiteral("s.ecdysis"));
}

void TestCommandLine::headlessIsSeenBeforeTheApplication()
{
    char program[] = "ecdysis", demo[] = "--demo", headless[] = "--headless";
    std::array<char *, 3> arguments{program, demo, headless};
    QVERIFY(wantsNoDisplay(3, arguments.data()));
    QVERIFY(!wantsNoDisplay(2, arguments.data()));
}

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
