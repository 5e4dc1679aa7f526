// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <csignal>

#include <QElapsedTimer>
#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include "core/io/safetensors.h"
#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;

namespace {

/// Names, types and bytes of all tensors of a file.
std::map<std::string, std::vector<std::byte>> contents(const QString &file)
{
    const auto opened = io::SafetensorsFile::open(file.toStdString()).value();
    std::map<std::string, std::vector<std::byte>> tensors;
    for (const TensorInfo &info : opened.tensors()) {
        const auto bytes = opened.bytes(info.name).value();
        tensors[info.name] = {bytes.begin(), bytes.end()};
    }
    return tensors;
}

} // namespace

/// `tune` as a user meets it.
class TestCliTune : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void badUsageIsTwo_data();
    void badUsageIsTwo();
    void failureIsOneWithOneLine_data();
    void failureIsOneWithOneLine();
    void tunesOnText();
    void tunesOnInstructions();
    void anInterruptedRunIsContinued();
    void killedRunEndsWithTheSameBits();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    QStringList tune(const QString &out, const QStringList &more = {}) const
    {
        return QStringList{"tune", path("mamba"), "--plan", path("plan.json"), "--out", path(out), "--batch",
                           "2",    "--warmup",    "2",      "--threads",       "1",     "--json"}
               << more;
    }
    QStringList onText(const QString &out, const QStringList &more) const
    {
        return tune(out, QStringList{"--text", path("mamba/text.txt"), "--length", "32"} << more);
    }

    QTemporaryDir m_folder;
};

void TestCliTune::initTestCase()
{
    makeTinyModel("mamba", path("mamba").toStdString());
    writeTextFile(path("plan.json").toStdString(), R"({"removals": ["block:1", "ssm:2"]})");
    std::string lines;
    for (int i = 0; i < 40; ++i)
        lines += nlohmann::json{{"instruction", "Add one to " + std::to_string(i)}, {"output", std::to_string(i + 1)}}
                     .dump() +
                 "\n";
    writeTextFile(path("instructions.jsonl").toStdString(), lines);
}

void TestCliTune::badUsageIsTwo_data()
{
    QTest::addColumn<QStringList>("arguments");
    const QStringList tune{"tune", "m", "--out", "o"}, steps{"--steps", "3"}, text{"--text", "t"};
    QTest::newRow("no text") << (tune + steps);
    QTest::newRow("two sources") << (tune + steps + text + QStringList{"--instructions", "i"});
    QTest::newRow("no steps") << (tune + text);
    QTest::newRow("no folder") << (QStringList{"tune", "m"} + steps + text);
    for (const char *distillation : {"logits", "kl:warmth=2", "hidden:temperature=2", "kl:weight=0", "kl:weight"})
        QTest::newRow(distillation) << (tune + steps + text + QStringList{"--distill", distillation});
    QTest::newRow("no such decay") << (tune + steps + text + QStringList{"--decay", "sudden"});
    QTest::newRow("negative rate") << (tune + steps + text + QStringList{"--learning-rate", "-1"});
}

void TestCliTune::badUsageIsTwo()
{
    QFETCH(QStringList, arguments);
    const Outcome outcome = runCli(arguments);
    VERIFY_STATUS(outcome, 2);
    QVERIFY(outcome.out.isEmpty() && !outcome.err.isEmpty());
}

void TestCliTune::failureIsOneWithOneLine_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    QTest::newRow("no text") << tune("bad", {"--steps", "3", "--text", path("nowhere.txt")}) << "nowhere.txt";
    QTest::newRow("no instructions") << tune("bad", {"--steps", "3", "--instructions", path("mamba/text.txt")})
                                     << "text.txt, line 1";
    QTest::newRow("long warm-up") << onText("bad", {"--steps", "2"}) << "warm-up";
    QTest::newRow("short text") << tune("bad", {"--steps", "3", "--text", path("mamba/text.txt"), "--length", "5000"})
                                << "text.txt";
    QTest::newRow("no folder") << onText("plan.json/in", {"--steps", "3"}) << "plan.json/in";
    QTest::newRow("no projection") << onText("bad", {"--steps", "3", "--lora", "2", "--lora-modules", "q_proj"})
                                   << "q_proj";
}

void TestCliTune::failureIsOneWithOneLine()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const Outcome outcome = runCli(arguments);
    VERIFY_STATUS(outcome, 1);
    const QString line = QString::fromUtf8(outcome.err);
    QVERIFY2(line.startsWith("ecdysis-cli: error: ") && line.count('\n') == 1 && line.contains(words),
             qPrintable(line));
}

void TestCliTune::tunesOnText()
{
    const Outcome outcome =
        runCli(onText("text", {"--steps", "10", "--validate-every", "4", "--distill", "kl:temperature=1.5,weight=0.5",
                               "--distill", "hidden", "--eval-text", path("mamba/text.txt"), "--window", "64",
                               "--max-windows", "8", "--validation-windows", "3", "--learning-rate", "0.01"}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    const auto &curve = object.at("curve");
    QCOMPARE(curve.size(), std::size_t{11});
    for (std::size_t i = 0; i < curve.size(); ++i) {
        QCOMPARE(curve[i].at("step").get<std::size_t>(), i);
        QCOMPARE(curve[i].at("validation_loss").is_number(), i % 4 == 0 || i == 10);
        QCOMPARE(curve[i].at("text_losses").size(), std::size_t{i % 4 == 0 || i == 10});
        QCOMPARE(curve[i].at("training_loss").is_number(), i > 0);
        QVERIFY(i == 0 || (curve[i].at("tokens_per_second") > 0 && curve[i].at("gradient_norm") > 0));
    }
    const auto &best = object.at("best");
    QVERIFY(curve.at(best.at("step").get<std::size_t>()).at("validation_loss") == best.at("validation_loss"));
    QVERIFY(object.at("nll_after") < object.at("nll_before"));
    QVERIFY(object.at("results").size() == 2 &&
            object.at("results")[1].at("after").at("value") == object.at("nll_after"));
    const auto &objective = object.at("settings").at("objective");
    QVERIFY(objective.at("divergence") == 0.5 && objective.at("temperature") == 1.5 && objective.at("hidden") == 1);
    QVERIFY(object.at("provenance").at("model_fingerprint").get<std::string>().size() == 64);
    // What nll_before says is what `eval` says of the plan.
    const Outcome evaluation =
        runCli({"eval", path("mamba"), "--plan", path("plan.json"), "--text", path("mamba/text.txt"), "--window", "64",
                "--max-windows", "8", "--threads", "1", "--json"});
    VERIFY_STATUS(evaluation, 0);
    QVERIFY(evaluation.json().at("mean_nll") == object.at("nll_before"));
    QVERIFY(QFile::exists(path("text/model/model.safetensors")) && QFile::exists(path("text/plan.json")));
}

void TestCliTune::tunesOnInstructions()
{
    const Outcome outcome = runCli(tune("answers", {"--steps", "6", "--instructions", path("instructions.jsonl"),
                                                    "--length", "256", "--lora", "4", "--validate-every", "3"}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QVERIFY(object.at("nll_after") < object.at("nll_before"));
    QCOMPARE(object.at("settings").at("lora").at("rank").get<int>(), 4);
}

void TestCliTune::anInterruptedRunIsContinued()
{
    const QStringList arguments =
        onText("stopped", {"--steps", "4000", "--save-every", "1", "--validate-every", "4000"});
    QProcess process;
    process.start(ECDYSIS_CLI, arguments);
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("stopped/run.safetensors")), 60'000);
    QTest::qWait(500);
    QElapsedTimer timer;
    timer.start();
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(60'000));
    QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed()))); // the process ends, too
    QCOMPARE(process.exitCode(), 130);
    const QString said = QString::fromUtf8(process.readAllStandardError());
    QVERIFY2(said.contains("interrupted") && said.contains("run.safetensors"), qPrintable(said));
}

void TestCliTune::killedRunEndsWithTheSameBits()
{
    constexpr int kills = 6;
    const auto arguments = [&](const char *out) {
        return onText(out,
                      {"--steps", "60", "--save-every", "2", "--validate-every", "20", "--validation-examples", "1"});
    };
    QElapsedTimer timer;
    timer.start();
    VERIFY_STATUS(runCli(arguments("whole")), 0);
    const auto duration = static_cast<int>(timer.elapsed());
    QRandomGenerator random(20261127);
    for (int killed = 0, attempts = 0; killed < kills; ++attempts) {
        QVERIFY(attempts < 5 * kills);
        QProcess process;
        process.start(ECDYSIS_CLI, arguments("killed"));
        QVERIFY(process.waitForStarted());
        if (process.waitForFinished(duration / 4 + random.bounded(duration / 2))) {
            QCOMPARE(process.exitCode(), 0);
            QVERIFY(contents(path("killed/model/model.safetensors")) ==
                    contents(path("whole/model/model.safetensors")));
            QDir(path("killed")).removeRecursively(); // and from the beginning
            continue;
        }
        process.kill();
        process.waitForFinished();
        ++killed;
    }
    VERIFY_STATUS(runCli(arguments("killed")), 0);
    QVERIFY(contents(path("killed/model/model.safetensors")) == contents(path("whole/model/model.safetensors")));
    QVERIFY(contents(path("killed/run.safetensors")) == contents(path("whole/run.safetensors")));
}

QTEST_GUILESS_MAIN(TestCliTune)
#include "tst_cli_tune.moc"
