// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

/// Measurements of `eval` beyond the perplexity of a text.
class TestCliEval : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void badUsageIsTwo_data();
    void badUsageIsTwo();
    void answersTasks();
    void comparesWithTheDenseModel();
    void namesTheLineOfABadItem();
    void tellsLossesByPosition();
    void measuresRecall();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    QStringList eval(const QStringList &more) const
    {
        return QStringList{"eval", path("mamba"), "--threads", "1"} + more;
    }

    QTemporaryDir m_folder;
};

void TestCliEval::initTestCase()
{
    makeTinyModel("mamba", path("mamba").toStdString());
    writeTextFile(path("plan.json").toStdString(), R"({"removals": ["block:1", "ssm:2"]})");
    std::string choices, words;
    for (int i = 0; i < 12; ++i) {
        const std::string context = pseudoText(static_cast<std::size_t>(20 + 5 * i));
        choices +=
            nlohmann::json{{"query", context}, {"choices", {"an end", "no", "x"}}, {"gold", i % 3}}.dump() + "\n";
        words += nlohmann::json{{"context", context}, {"continuation", "w"}}.dump() + "\n";
    }
    writeTextFile(path("choices.jsonl").toStdString(), choices);
    writeTextFile(path("words.jsonl").toStdString(), words);
    writeTextFile(path("bad.jsonl").toStdString(), choices + "{\"query\": 1}\n");
}

void TestCliEval::badUsageIsTwo_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("text and task") << QStringList{"--text", "t", "--task", "f"};
    QTest::newRow("neither") << QStringList{"--limit", "3"};
    QTest::newRow("negative limit") << QStringList{"--task", "f", "--limit", "-1"};
    QTest::newRow("positions of what") << QStringList{"--task", "f", "--by-position"};
    QTest::newRow("no such recall") << QStringList{"--recall", "total"};
    QTest::newRow("distance of one") << QStringList{"--recall", "mqar", "--distances", "16,1"};
    QTest::newRow("relative to what") << QStringList{"--task", "f", "--relative"};
}

void TestCliEval::badUsageIsTwo()
{
    QFETCH(QStringList, arguments);
    const Outcome outcome = runCli(eval(arguments));
    VERIFY_STATUS(outcome, 2);
    QVERIFY(outcome.out.isEmpty());
}

void TestCliEval::answersTasks()
{
    const QStringList tasks{"--task", path("choices.jsonl") + "," + path("words.jsonl")};
    const Outcome outcome = runCli(eval(tasks + QStringList{"--json", "--csv", path("t.csv")}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    const auto &choices = object.at("tasks").at("choices");
    const auto &words = object.at("tasks").at("words");
    QVERIFY(choices.at("examples") == 12 && words.at("examples") == 12);
    const double accuracy = choices.at("accuracy").get<double>();
    QCOMPARE(choices.at("standard_error").get<double>(), std::sqrt(accuracy * (1 - accuracy) / 11));
    QVERIFY(choices.at("accuracy_norm").is_number() && choices.at("accuracy_bytes") == choices.at("accuracy_norm"));
    QVERIFY(choices.at("perplexity").is_null() && words.at("accuracy_norm").is_null());
    QVERIFY(words.at("perplexity").get<double>() > 1);
    QCOMPARE(object.at("mean").get<double>(), (accuracy + words.at("accuracy").get<double>()) / 2);
    QVERIFY(choices.at("first_item_loglik").size() == 3);
    QVERIFY(object.at("shedder7").is_null());

    QFile csv(path("t.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = csv.readAll().split('\n');
    QCOMPARE(lines.size(), 4);
    QVERIFY(lines[0].startsWith("task,examples,accuracy,standard_error,"));
    QCOMPARE(lines[1].split(',')[0], QByteArray("choices"));
    QCOMPARE(lines[1].split(',')[2].toDouble(), accuracy);
    QCOMPARE(lines[2].split(',')[4], QByteArray());

    const Outcome few = runCli(eval(tasks + QStringList{"--json", "--limit", "5", "--batch-tokens", "32"}));
    VERIFY_STATUS(few, 0);
    const auto first = few.json().at("tasks").at("choices");
    QVERIFY(first.at("examples") == 5);
    for (std::size_t i = 0; i < 3; ++i)
        QVERIFY(std::abs(first.at("first_item_loglik")[i].get<double>() -
                         choices.at("first_item_loglik")[i].get<double>()) < 1e-3);
    const Outcome text = runCli(eval(tasks + QStringList{"--limit", "2"}));
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.startsWith("task") && text.out.contains("\nmean "));
}

void TestCliEval::comparesWithTheDenseModel()
{
    const QStringList task{"--task", path("choices.jsonl"), "--json"};
    const auto dense = runCli(eval(task)).json().at("tasks").at("choices");
    const Outcome outcome = runCli(eval(task + QStringList{"--plan", path("plan.json"), "--relative"}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    const auto &found = object.at("tasks").at("choices");
    QVERIFY(object.at("plan").at("removals").size() == 2);
    QVERIFY(found.at("first_item_loglik") != dense.at("first_item_loglik"));
    QVERIFY(found.at("dense").at("accuracy") == dense.at("accuracy"));
    const double before = dense.at("accuracy").get<double>(), after = found.at("accuracy").get<double>();
    QCOMPARE(found.at("change").at("value").get<double>(), after - before);
    QVERIFY(found.at("percent_of_dense").at("accuracy") ==
            (before > 0 ? nlohmann::json(100 * after / before) : nlohmann::json()));
    QVERIFY(object.at("dense").at("mean") == dense.at("accuracy"));
    const Outcome text = runCli(eval({"--task", path("choices.jsonl"), "--plan", path("plan.json"), "--relative"}));
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.contains("% of dense"));
}

void TestCliEval::namesTheLineOfABadItem()
{
    const Outcome outcome = runCli(eval({"--task", path("bad.jsonl")}));
    VERIFY_STATUS(outcome, 1);
    QVERIFY2(outcome.err.contains("bad.jsonl, line 13: ") && outcome.err.count('\n') == 1, outcome.err.constData());
}

void TestCliEval::tellsLossesByPosition()
{
    const QStringList text{"--text", path("mamba/text.txt"), "--window", "64", "--max-windows", "3"};
    const auto whole = runCli(eval(text + QStringList{"--json", "--plan", path("plan.json")})).json();
    const Outcome outcome = runCli(eval(text + QStringList{"--json", "--by-position", "--plan", path("plan.json")}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QVERIFY(object.at("mean_nll") == whole.at("mean_nll"));
    QCOMPARE(object.at("positions").size(), std::size_t{6});
    double sum = 0;
    for (const auto &position : object.at("positions")) {
        const int count = position.at("to").get<int>() - position.at("from").get<int>() + 1;
        sum += position.at("nll").get<double>() * count / 63;
        QVERIFY(position.at("standard_error").get<double>() > 0 && position.at("delta").is_number());
    }
    QVERIFY(std::abs(sum - object.at("mean_nll").get<double>()) < 1e-9);
    const Outcome alone = runCli(eval(text + QStringList{"--by-position"}));
    VERIFY_STATUS(alone, 0);
    QVERIFY(alone.out.contains("32 to 63") && !alone.out.contains("dense"));
}

void TestCliEval::measuresRecall()
{
    const QStringList recall{"--recall", "mqar", "--distances", "8,20", "--examples", "4", "--seed", "3"};
    const Outcome outcome = runCli(eval(recall + QStringList{"--json", "--plan", path("plan.json")}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QVERIFY(object.at("task") == "mqar" && object.at("seed") == 3 && object.at("words") == 62);
    QCOMPARE(object.at("chance").at("nll").get<double>(), std::log(62.0));
    QCOMPARE(object.at("points").size(), std::size_t{2});
    const auto &point = object.at("points")[1];
    QVERIFY(point.at("distance") == 20 && point.at("pairs") == 5 && point.at("examples") == 4);
    QVERIFY(point.at("nll").get<double>() > 0 && point.at("standard_error").is_number());
    QVERIFY(point.at("gain").is_number() && point.at("gain_delta").at("value").is_number());
    QVERIFY(std::abs(point.at("nll").get<double>() - point.at("dense").at("nll").get<double>() -
                     point.at("delta").at("value").get<double>()) < 1e-9);
    const auto dense = runCli(eval(recall + QStringList{"--json"})).json();
    QVERIFY(dense.at("points")[1].at("nll") == point.at("dense").at("nll"));
    QVERIFY(!dense.at("points")[1].contains("dense"));
    const Outcome text = runCli(eval(recall));
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.startsWith("mqar of 62 words, 4 examples a distance"));
}

QTEST_GUILESS_MAIN(TestCliEval)
#include "tst_cli_eval.moc"
