// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <csignal>
#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

/// `ecdysis-cli search` as a user meets it.
class TestCliSearch : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void removesAndWritesAPlan();
    void takesStagesAndBudgets();
    void racesAndFollowsSeveral();
    void goesByTasks();
    void saysHowStableItIs();
    void drawsRowsAndWritesIntelsFiles();
    void goesOnAfterAKill();
    void refusesWhatMakesNoSense_data();
    void refusesWhatMakesNoSense();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    QStringList command(QStringList more) const
    {
        return QStringList{"search", path("mamba"), "--text", path("mamba/text.txt"), "--window", "64", "--max-windows",
                           "8",      "--threads",   "1"}
               << more;
    }

    QTemporaryDir m_folder;
};

void TestCliSearch::initTestCase()
{
    makeTinyModel("mamba", path("mamba").toStdString());
}

void TestCliSearch::removesAndWritesAPlan()
{
    const Outcome found =
        runCli(command({"--targets", "block,ssm", "--steps", "2", "--out", path("plan.json"), "--json"}));
    VERIFY_STATUS(found, 0);
    const auto object = found.json();
    QCOMPARE(object["steps"].size(), std::size_t{2});
    QVERIFY(object["reason"] == "steps");
    QVERIFY(object["plan"]["removals"][0] == object["steps"][0]["unit"]);
    QVERIFY(object["plan"]["removals"][1] == object["steps"][1]["unit"]);
    QVERIFY(object["steps"][1]["parameters"] < object["steps"][0]["parameters"]);
    std::ifstream file(path("plan.json").toStdString());
    QVERIFY(nlohmann::json::parse(file) == object["plan"]);

    const Outcome evaluated = runCli({"eval", path("mamba"), "--text", path("mamba/text.txt"), "--window", "64",
                                      "--max-windows", "8", "--threads", "1", "--plan", path("plan.json"), "--json"});
    VERIFY_STATUS(evaluated, 0);
    QCOMPARE(evaluated.json()["mean_nll"].get<double>(), object["steps"][1]["calibration_nll"].get<double>());

    const Outcome table = runCli(command({"--targets", "block,ssm", "--steps", "2"}));
    VERIFY_STATUS(table, 0);
    QVERIFY(table.out.contains("ended by steps"));
}

void TestCliSearch::takesStagesAndBudgets()
{
    const Outcome found = runCli(command({"--stages", "block:1", "inner_channels:2", "--group", "inner_channels=32",
                                          "--budget", "parameters=1", "--budget", "nll=100", "--json"}));
    VERIFY_STATUS(found, 0);
    const auto object = found.json();
    QVERIFY(object["steps"][0]["unit"].get<std::string>().starts_with("block:"));
    QVERIFY(object["steps"][1]["unit"].get<std::string>().starts_with("inner_channels:"));
    QCOMPARE(object["steps"].size(), std::size_t{3});
    const Outcome bounded = runCli(command({"--targets", "block", "--budget", "nll=0.5", "--json"}));
    VERIFY_STATUS(bounded, 0);
    QVERIFY(bounded.json()["reason"] == "nll");
    QVERIFY(bounded.json()["steps"].empty());
}

void TestCliSearch::racesAndFollowsSeveral()
{
    const auto plain = runCli(command({"--targets", "ssm", "--steps", "2", "--json"})).json();
    const Outcome raced = runCli(command({"--targets", "ssm", "--steps", "2", "--race", "0.01", "--json"}));
    VERIFY_STATUS(raced, 0);
    QVERIFY(raced.json()["plan"] == plain["plan"]);
    const Outcome beam = runCli(command({"--targets", "ssm", "--steps", "2", "--beam", "3", "--json"}));
    VERIFY_STATUS(beam, 0);
    QVERIFY(beam.json()["steps"][1]["calibration_nll"] <= plain["steps"][1]["calibration_nll"]);
    VERIFY_STATUS(runCli(command({"--targets", "ssm,block", "--steps", "3", "--floating", "--json"})), 0);
    const Outcome kl =
        runCli(command({"--targets", "ssm", "--steps", "1", "--objective", "kl", "--per", "flop", "--json"}));
    VERIFY_STATUS(kl, 0);
    QVERIFY(kl.json()["steps"][0]["calibration_kl"] > 0);
}

void TestCliSearch::goesByTasks()
{
    writeTextFile(path("task.jsonl").toStdString(), R"({"query": "one two", "choices": ["three", "four"], "gold": 0}
{"query": "five", "choices": ["six", "seven", "eight"], "gold": 2}
{"query": "nine ten", "choices": ["eleven", "x"], "gold": 1}
)");
    const QStringList tasks{"search",    path("mamba"), "--task",    path("task.jsonl"),
                            "--limit",   "2",           "--targets", "ssm",
                            "--threads", "1",           "--json"};
    const Outcome found = runCli(tasks + QStringList{"--objective", "accuracy", "--steps", "2"});
    VERIFY_STATUS(found, 0);
    const auto step = found.json()["steps"][1];
    QCOMPARE(step["accuracy"].get<double>(), 1 - step["calibration_error_rate"].get<double>());
    QVERIFY(step["candidates"][0]["tie"].is_number());
    QVERIFY(found.json()["tasks_fingerprint"].is_string());
    QCOMPARE(runCli(tasks + QStringList{"--steps", "2"}).status, 2); // the loss needs a text
    const QStringList text{"--text", path("mamba/text.txt"), "--window", "64", "--max-windows", "2"};
    const Outcome bounded = runCli(tasks + text + QStringList{"--budget", "accuracy=1.01"});
    VERIFY_STATUS(bounded, 0);
    QVERIFY(bounded.json()["reason"] == "accuracy");
    QVERIFY(bounded.json()["steps"].empty());
    const Outcome table = runCli(command({"--targets", "ssm", "--steps", "1", "--task", path("task.jsonl")}));
    VERIFY_STATUS(table, 0);
    QVERIFY(table.out.contains("accuracy"));
}

void TestCliSearch::saysHowStableItIs()
{
    const auto asked = [&](QStringList more) {
        QStringList all = command({"--targets", "block,ssm", "--steps", "2"}) + more;
        all[0] = "stability";
        return all;
    };
    const Outcome found = runCli(asked({"--draws", "2", "--draw", "5", "--out", path("consensus.json"), "--json"}));
    VERIFY_STATUS(found, 0);
    const auto object = found.json();
    QCOMPARE(object["draws"].size(), std::size_t{2});
    const auto second = runCli(command({"--targets", "block,ssm", "--steps", "2", "--draw", "6", "--json"})).json();
    QVERIFY(object["draws"][1]["plan"] == second["plan"]);
    QVERIFY(object["stages"][0]["kendall"].is_number());
    std::ifstream file(path("consensus.json").toStdString());
    QVERIFY(nlohmann::json::parse(file) == object["consensus"]);
    const Outcome table = runCli(asked({"--draws", "2", "--seed", "5"}));
    VERIFY_STATUS(table, 0);
    QVERIFY(table.out.contains("Kendall's tau"));
    QVERIFY(table.out.contains("consensus of 2 draws"));
    QCOMPARE(runCli(asked({"--draws", "1"})).status, 2);
}

void TestCliSearch::drawsRowsAndWritesIntelsFiles()
{
    std::ofstream rows(path("rows.jsonl").toStdString());
    for (int i = 0; i < 60; ++i)
        rows << R"({"sentence": "row )" << i << R"( of sixty, with some words in it"})" << '\n';
    rows.close();
    const QStringList text{"--text", path("rows.jsonl"), "--rows", "40",         "--column", "sentence", "--window",
                           "64",     "--threads",        "2",      "--protocol", "shedder"};
    const Outcome found =
        runCli(QStringList{"search", path("mamba"), "--targets", "block,ssm", "--steps", "2", "--json"} + text +
               QStringList{"--session", path("rows.ecdysis"), "--intel-files", path("theirs")});
    VERIFY_STATUS(found, 0);
    const auto object = found.json();
    const auto protocol = object.at("settings").at("stages").at(0).at("protocol");
    QVERIFY(protocol.at("sample") == nlohmann::json({{"rows", 40}, {"seed", 42}}));
    QVERIFY(protocol.at("column") == "sentence");
    QVERIFY(protocol.at("per_sequence") == true);
    const auto parsed = [&](const char *name) {
        std::ifstream file(path(name).toStdString());
        return nlohmann::json::parse(file);
    };
    const auto log = parsed("theirs/log.json");
    QCOMPARE(log.at("pruning_results").size(), std::size_t{2});
    QVERIFY(log.at("num_evals").get<int>() > 8);
    QCOMPARE(log.at("pruning_results")[1].at("importance").get<double>(),
             std::exp(object["steps"][1]["calibration_nll"].get<double>()));
    QVERIFY(parsed("theirs/pruning_config.json") == parsed("theirs/pruned_model_configs/config.block_pruning.1.json"));

    // Each step can be evaluated, from their file and from the session.
    const auto nll = [&](const QString &plan) {
        return runCli(QStringList{"eval", path("mamba"), "--json", "--plan", plan} + text)
            .json()
            .at("mean_nll")
            .get<double>();
    };
    for (int step = 0; step < 2; ++step) {
        const auto expected = object["steps"][static_cast<std::size_t>(step)]["calibration_nll"].get<double>();
        QCOMPARE(nll(path(QString("theirs/pruned_model_configs/config.block_pruning.%1.json").arg(step))), expected);
        QCOMPARE(nll(path(QString("rows.ecdysis@%1").arg(step + 1))), expected);
    }
    QCOMPARE(nll(path("rows.ecdysis")), object["steps"][1]["calibration_nll"].get<double>());
    const Outcome late = runCli(QStringList{"eval", path("mamba"), "--plan", path("rows.ecdysis@3")} + text);
    QVERIFY2(late.status == 1 && late.err.contains("step 3 of a search expected, it has 2"), late.err.constData());
}

void TestCliSearch::goesOnAfterAKill()
{
    const QStringList all = {"--targets", "block,ssm", "--steps", "4", "--json"};
    const auto whole = runCli(command(all)).json();
    const QString session = path("killed.ecdysis");
    QProcess process;
    process.start(ECDYSIS_CLI, command(QStringList{"--session", session} + all));
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(session) || process.state() == QProcess::NotRunning, 60'000);
    process.kill();
    process.waitForFinished();
    const Outcome continued = runCli(command(QStringList{"--session", session} + all));
    VERIFY_STATUS(continued, 0);
    QVERIFY(continued.json()["steps"] == whole["steps"]);
    const Outcome shown = runCli({"session", session, "--json"});
    VERIFY_STATUS(shown, 0);
    QCOMPARE(shown.json()["searches"].size(), std::size_t{1});
}

void TestCliSearch::refusesWhatMakesNoSense_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("kind") << QStringList{"--targets", "wheel"} << 1 << QByteArray("\"wheel\"");
    QTest::newRow("nothing") << QStringList{} << 1 << QByteArray("at least one kind");
    QTest::newRow("stages") << QStringList{"--stages", "block"} << 2 << QByteArray("TARGETS:STEPS");
    QTest::newRow("both") << QStringList{"--stages", "block:1", "--targets", "ssm"} << 2 << QByteArray("excludes");
    QTest::newRow("budget") << QStringList{"--targets", "block", "--budget", "weight=2"} << 1 << QByteArray("weight");
    QTest::newRow("number") << QStringList{"--targets", "block", "--budget", "nll=much"} << 2 << QByteArray("much");
    QTest::newRow("objective") << QStringList{"--targets", "block", "--objective", "joy"} << 1 << QByteArray("joy");
}

void TestCliSearch::refusesWhatMakesNoSense()
{
    QFETCH(QStringList, options);
    QFETCH(int, status);
    QFETCH(QByteArray, says);
    const Outcome outcome = runCli(command(options));
    VERIFY_STATUS(outcome, status);
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
}

QTEST_GUILESS_MAIN(TestCliSearch)
#include "tst_cli_search.moc"
