// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include "core/io/session_file.h"
#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;

/// A scan whose process dies at any instant is continued from its session and ends with the same bits.
class TestCliKill : public QObject
{
    Q_OBJECT

private slots:
    void killedScanEndsWithTheSameBits();
};

namespace {

#ifdef __SANITIZE_THREAD__
constexpr int letters = 4'000; // its kernels are some thirty times slower
#else
constexpr int letters = 30'000;
#endif

std::size_t measured(const Session &session)
{
    std::size_t count = 0;
    for (const Scan &scan : session.scans)
        for (const Cell &cell : scan.cells)
            count += cell.losses.empty() ? 0 : 1;
    return count;
}

void compare(const std::filesystem::path &file, const Session &whole)
{
    const auto session = io::readSession(file);
    VERIFY_RESULT(session);
    QCOMPARE(session->scans.size(), std::size_t{1});
    QVERIFY(session->scans[0].cells == whole.scans[0].cells);
    QVERIFY(session->scans[0].denseLosses == whole.scans[0].denseLosses);
    QVERIFY(session->scans[0].calibration == whole.scans[0].calibration);
}

} // namespace

void TestCliKill::killedScanEndsWithTheSameBits()
{
    constexpr int kills = 10;
    QTemporaryDir folder;
    const std::filesystem::path root = folder.path().toStdString();
    makeTinyModel("mamba", root / "mamba", letters);
    const auto arguments = [&](const char *session) {
        return QStringList{"scan",      folder.filePath("mamba"),
                           "--units",   "block,ssm",
                           "--text",    folder.filePath("mamba/text.txt"),
                           "--window",  "256",
                           "--threads", "2",
                           "--session", folder.filePath(session)};
    };
    QElapsedTimer timer;
    timer.start();
    VERIFY_STATUS(runCli(arguments("whole.ecdysis")), 0);
    const auto duration = static_cast<int>(timer.elapsed());
    const auto whole = io::readSession(root / "whole.ecdysis");
    VERIFY_RESULT(whole);
    QCOMPARE(measured(*whole), std::size_t{8});

    QRandomGenerator random(20261122);
    const auto file = root / "killed.ecdysis";
    std::size_t known = 0;
    for (int killed = 0, attempts = 0; killed < kills; ++attempts) {
        QVERIFY(attempts < 5 * kills);
        QProcess process;
        process.start(ECDYSIS_CLI, arguments("killed.ecdysis"));
        QVERIFY(process.waitForStarted());
        // Moments over the whole run, start-up included.
        if (process.waitForFinished(random.bounded(duration))) {
            QCOMPARE(process.exitCode(), 0);
            compare(file, *whole);
            std::filesystem::remove(file); // and from the beginning: only a living process can be killed
            known = 0;
            continue;
        }
        process.kill();
        process.waitForFinished();
        ++killed;
        if (!std::filesystem::exists(file))
            continue;
        const auto session = io::readSession(file);
        VERIFY_RESULT(session);
        QVERIFY(measured(*session) >= known);
        known = measured(*session);
    }
    VERIFY_STATUS(runCli(arguments("killed.ecdysis")), 0);
    compare(file, *whole);
}

QTEST_GUILESS_MAIN(TestCliKill)
#include "tst_cli_kill.moc"
