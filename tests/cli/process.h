// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QProcess>
#include <QStringList>
#include <QTest>

#include <nlohmann/json.hpp>

/// What the command line did.
struct Outcome
{
    int status = -1;
    QByteArray out;
    QByteArray err;

    nlohmann::json json() const { return nlohmann::json::parse(out.toStdString()); }
};

/// Runs the built ecdysis-cli to its end.
inline Outcome runCli(const QStringList &arguments)
{
    QProcess process;
    process.start(ECDYSIS_CLI, arguments);
    const bool ended = process.waitForFinished(300'000) && process.exitStatus() == QProcess::NormalExit;
    return {ended ? process.exitCode() : -1, process.readAllStandardOutput(), process.readAllStandardError()};
}

/// Fails with what the program wrote unless it ended with a status.
#define VERIFY_STATUS(outcome, expected)                                                                               \
    do {                                                                                                               \
        const Outcome &ended = (outcome);                                                                              \
        QVERIFY2(ended.status == (expected),                                                                           \
                 qPrintable(QString("status %1: %2").arg(ended.status).arg(QString::fromUtf8(ended.err))));            \
    } while (false)
