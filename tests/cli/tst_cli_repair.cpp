// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/values/repair_json.h"
#include "tests/cli/process.h"
#include "tests/support/temporary_model.h"

/// `ecdysis-cli repair` as a user meets it.
class TestCliRepair : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void writesAPlanThatEvaluates_data();
    void writesAPlanThatEvaluates();
    void keepsSkipsWithoutAFile();
    void repairsAgain();
    void refusesBadUsage_data();
    void refusesBadUsage();

private:
    QStringList withText(QStringList list) const
    {
        return list << "--threads"
                    << "1"
                    << "--text" << m_model.path("text.txt") << "--window"
                    << "64"
                    << "--max-windows"
                    << "8"
                    << "--json";
    }
    QStringList arguments(const QString &method, const char *plan = "plan.json") const
    {
        return withText({"repair", m_model.folder.path(), "--plan", m_model.path(plan), "--method", method, "--out",
                         m_model.path("p.json")});
    }

    TinyModel m_model;
};

void TestCliRepair::initTestCase()
{
    m_model.write("plan.json", R"({"removals": ["ssm:1", "ssm:2", "inner_channels:3:0-31"]})");
}

void TestCliRepair::writesAPlanThatEvaluates_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<int>("weights");
    QTest::newRow("diagonal") << "diagonal" << 2;
    QTest::newRow("least squares") << "least_squares" << 4;
    QTest::newRow("bias") << "bias" << 4;
    QTest::newRow("all") << "bias,diagonal,least_squares" << 6;
}

void TestCliRepair::writesAPlanThatEvaluates()
{
    QFETCH(QString, method);
    QFETCH(int, weights);
    const Outcome outcome = runCli(arguments(method));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QCOMPARE(object.at("weights").size(), static_cast<std::size_t>(weights));
    for (const auto &weight : object.at("weights"))
        QVERIFY(weight.at("error_after").get<double>() < weight.at("error_before").get<double>());
    const ecdysis::RepairReport report = object.get<ecdysis::RepairReport>();
    QVERIFY(nlohmann::json(report) == [&] {
        auto least = object;
        least.erase("out");
        return least;
    }());

    // What is written is what was measured.
    const QStringList eval = withText({"eval", m_model.folder.path()});
    const Outcome after = runCli(QStringList(eval) << "--plan" << m_model.path("p.json"));
    VERIFY_STATUS(after, 0);
    QCOMPARE(after.json().at("mean_nll").get<double>(), report.nllAfter);
    QCOMPARE(runCli(QStringList(eval) << "--plan" << m_model.path("plan.json")).json().at("mean_nll").get<double>(),
             report.nllBefore);
    QCOMPARE(runCli(eval).json().at("mean_nll").get<double>(), report.denseNll);
    const Outcome exported = runCli({"export", m_model.folder.path(), "--plan", m_model.path("p.json"), "--out",
                                     m_model.path(qPrintable("written " + method)), "--verify", "--text",
                                     m_model.path("text.txt"), "--window", "64", "--max-windows", "8", "--json"});
    VERIFY_STATUS(exported, 0);
    QVERIFY(std::abs(exported.json().at("verified").at("after").get<double>() - report.nllAfter) < 1e-4);
}

void TestCliRepair::keepsSkipsWithoutAFile()
{
    const auto plan = runCli(arguments("skip")).json().at("plan");
    QVERIFY(plan.at("removals") == nlohmann::json({"recurrence:1", "recurrence:2", "inner_channels:3:0-31"}));
    QVERIFY(!plan.contains("weights"));
}

void TestCliRepair::repairsAgain()
{
    const auto first = runCli(arguments("diagonal")).json();
    const Outcome second = runCli(arguments("least_squares,bias", "p.json"));
    VERIFY_STATUS(second, 0);
    QCOMPARE(second.json().at("nll_before").get<double>(), first.at("nll_after").get<double>());
    QVERIFY(second.json().at("plan").at("removals") == first.at("plan").at("removals"));
}

void TestCliRepair::refusesBadUsage_data()
{
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<int>("status");
    const QStringList plan{"--plan", m_model.path("plan.json")}, out{"--out", m_model.path("p.json")};
    QTest::newRow("no method") << plan + out << 2;
    QTest::newRow("no such method") << plan + out + QStringList{"--method", "prayer"} << 2;
    QTest::newRow("no plan") << out + QStringList{"--method", "skip"} << 2;
    QTest::newRow("no place") << plan + QStringList{"--method", "skip"} << 2;
    QTest::newRow("negative ridge") << plan + out + QStringList{"--method", "least_squares", "--ridge", "-1"} << 2;
}

void TestCliRepair::refusesBadUsage()
{
    QFETCH(QStringList, more);
    QFETCH(int, status);
    const Outcome outcome = runCli(withText(QStringList{"repair", m_model.folder.path()} + more));
    VERIFY_STATUS(outcome, status);
    QVERIFY(outcome.out.isEmpty() && !outcome.err.isEmpty());
}

QTEST_GUILESS_MAIN(TestCliRepair)
#include "tst_cli_repair.moc"
