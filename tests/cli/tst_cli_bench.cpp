// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

/// `bench` of a plan beside the dense model.
class TestCliBench : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void timesPlanAndDenseInTurn();
    void needsAPlanToCompare();
    void tellsMemoryAtAContext();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    QStringList bench(const QStringList &more) const
    {
        return QStringList{"bench", path("jamba"), "--threads", "1",        "--prefill",
                           "16",    "--decode",    "2",         "--repeat", "3"} +
               more;
    }

    QTemporaryDir m_folder;
};

void TestCliBench::initTestCase()
{
    makeTinyModel("jamba", path("jamba").toStdString());
    writeTextFile(path("plan.json").toStdString(), R"({"removals": ["block:0"]})");
}

void TestCliBench::timesPlanAndDenseInTurn()
{
    const QStringList arguments{"--plan", path("plan.json"), "--against-dense"};
    const Outcome outcome = runCli(bench(arguments + QStringList{"--json", "--csv", path("b.csv")}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    for (const char *part : {"prefill", "decode"}) {
        QVERIFY(object.at(part).at("milliseconds").at("median").get<double>() > 0);
        QVERIFY(object.at("dense").at(part).at("milliseconds").at("median").get<double>() > 0);
        const auto &speedup = object.at("speedup").at(part);
        QVERIFY(speedup.at("p10").get<double>() <= speedup.at("median").get<double>());
        QVERIFY(speedup.at("median").get<double>() <= speedup.at("p90").get<double>());
    }
    QVERIFY(object.at("memory").at("state_bytes").get<std::int64_t>() <
            object.at("dense").at("memory").at("state_bytes").get<std::int64_t>());
    QFile csv(path("b.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = csv.readAll().split('\n');
    QCOMPARE(lines.size(), 6); // a header, two runs of two models, and what follows the last line end
    QVERIFY(lines[1].startsWith("plan,") && lines[3].startsWith("dense,"));
    const Outcome text = runCli(bench(arguments));
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.contains("times as fast"));
}

void TestCliBench::needsAPlanToCompare()
{
    VERIFY_STATUS(runCli(bench({"--against-dense"})), 2);
}

void TestCliBench::tellsMemoryAtAContext()
{
    const auto at = [&](const char *context) {
        return runCli(bench({"--json", "--context", context})).json().at("memory");
    };
    const auto some = at("10"), more = at("30"), usual = at("0");
    QVERIFY(some.at("context") == 10 && usual.at("context") == 18);
    QVERIFY(some.at("state_bytes") == more.at("state_bytes"));
    QVERIFY(3 * some.at("key_value_bytes").get<std::int64_t>() == more.at("key_value_bytes").get<std::int64_t>());
    QVERIFY(some.at("key_value_bytes").get<std::int64_t>() > 0);
}

QTEST_GUILESS_MAIN(TestCliBench)
#include "tst_cli_bench.moc"
