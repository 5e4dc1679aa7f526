// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <csignal>

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include "core/io/safetensors.h"
#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

/// The command line as a user meets it: the built program, its streams, its exit status.
class TestCli : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void explainsItself();
    void badUsageIsTwo_data();
    void badUsageIsTwo();
    void failureIsOneWithOneLine_data();
    void failureIsOneWithOneLine();
    void inspects();
    void tokenizes();
    void writesLogits();
    void writesGradients();
    void evaluates();
    void evaluatesUnderAPlan();
    void scans();
    void continuesAScan();
    void showsASession();
    void benches();
    void aFullDiskIsAFailure();
    void anInterruptionKeepsWhatIsDone();

private:
    QString path(const QString &name) const { return m_folder.filePath(name); }
    QStringList withText(QStringList arguments, int windows) const
    {
        return arguments << "--text" << path("mamba/text.txt") << "--window"
                         << "64"
                         << "--max-windows" << QString::number(windows) << "--threads"
                         << "2";
    }

    QTemporaryDir m_folder;
    QString m_model;
};

void TestCli::initTestCase()
{
    makeTinyModel("mamba", path("mamba").toStdString());
    m_model = path("mamba");
    const std::vector<std::int64_t> ids{1, 2, 3, 4, 5, 6, 7, 8};
    const ecdysis::io::TensorView view{"input_ids", ecdysis::DType::I64, {2, 4}, std::as_bytes(std::span(ids))};
    VERIFY_RESULT(ecdysis::io::writeSafetensors(path("ids.safetensors").toStdString(), {&view, 1}));
    writeTextFile(path("plan.json").toStdString(), R"({"removals": ["block:1", "ssm:2"]})");
}

void TestCli::explainsItself()
{
    const Outcome help = runCli({"--help"});
    VERIFY_STATUS(help, 0);
    for (const char *command : {"inspect", "tokenize", "logits", "gradients", "eval", "export", "scan", "search",
                                "bench", "session", "prune", "rank", "repair", "stability", "tune", "unshare"}) {
        QVERIFY2(help.out.contains(command), command);
        const Outcome own = runCli({command, "--help"});
        VERIFY_STATUS(own, 0);
        for (const char *option : {"--json", "--device", "--dtype", "--threads", "--seed"})
            QVERIFY2(own.out.contains(option), qPrintable(QString("%1 %2").arg(command, option)));
    }
    const Outcome version = runCli({"--version"});
    VERIFY_STATUS(version, 0);
    QVERIFY(QRegularExpression("^ecdysis-cli \\d+\\.\\d+\\.\\d+\n$").match(version.out).hasMatch());
}

void TestCli::badUsageIsTwo_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("nothing") << QStringList{};
    QTest::newRow("no such command") << QStringList{"dance"};
    QTest::newRow("no model") << QStringList{"inspect"};
    QTest::newRow("no such option") << QStringList{"inspect", "m", "--colour"};
    QTest::newRow("no text") << QStringList{"eval", "m"};
    QTest::newRow("window of one") << QStringList{"eval", "m", "--text", "t", "--window", "1"};
    QTest::newRow("negative") << QStringList{"eval", "m", "--text", "t", "--max-windows", "-1"};
    QTest::newRow("no number") << QStringList{"eval", "m", "--text", "t", "--window", "many"};
    QTest::newRow("no such type") << QStringList{"eval", "m", "--text", "t", "--dtype", "f16"};
    QTest::newRow("no such device") << QStringList{"eval", "m", "--text", "t", "--device", "tpu"};
    QTest::newRow("no such protocol") << QStringList{"eval", "m", "--text", "t", "--protocol", "x"};
    QTest::newRow("no such method") << QStringList{"scan", "m", "--units", "block", "--text", "t", "--method", "magic"};
}

void TestCli::badUsageIsTwo()
{
    QFETCH(QStringList, arguments);
    const Outcome outcome = runCli(arguments);
    VERIFY_STATUS(outcome, 2);
    QVERIFY(outcome.out.isEmpty());
    QVERIFY(!outcome.err.isEmpty());
}

void TestCli::failureIsOneWithOneLine_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("words");
    const QString model = path("mamba"), text = path("mamba/text.txt");
    QTest::newRow("no model") << QStringList{"inspect", path("nowhere")} << "nowhere";
    QTest::newRow("no text") << QStringList{"eval", model, "--text", path("nowhere.txt")} << "nowhere.txt";
    QTest::newRow("no plan") << QStringList{"eval", model, "--text", text, "--plan", path("none.json")} << "none.json";
    QTest::newRow("text too short") << QStringList{"eval", model, "--text", text, "--window", "100000"} << "text.txt";
    QTest::newRow("no such unit kind") << QStringList{"scan",   model, "--units",  "attention",
                                                      "--text", text,  "--window", "64"}
                                       << "attention";
    QTest::newRow("no session") << QStringList{"session", text} << "text.txt";
    QTest::newRow("no ids") << QStringList{"logits", model, "--ids", text, "--out", path("x")} << "text.txt";
}

void TestCli::failureIsOneWithOneLine()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, words);
    const Outcome outcome = runCli(arguments << "--json");
    VERIFY_STATUS(outcome, 1);
    QVERIFY(outcome.out.isEmpty());
    const QString line = QString::fromUtf8(outcome.err);
    QVERIFY2(line.startsWith("ecdysis-cli: error: ") && line.count('\n') == 1 && line.contains(words),
             qPrintable(line));
}

void TestCli::inspects()
{
    const Outcome outcome = runCli({"inspect", m_model, "--json"});
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QVERIFY(object.at("architecture") == "mamba");
    QVERIFY(object.at("layout") == "hf");
    QVERIFY(object.at("dtype") == "F32");
    QVERIFY(object.at("layers") == 4);
    std::map<std::string, int> kinds;
    for (const auto &unit : object.at("units"))
        ++kinds[unit.at("kind").get<std::string>()];
    QVERIFY((kinds == std::map<std::string, int>{{"block", 4},
                                                 {"ssm", 4},
                                                 {"recurrence", 4},
                                                 {"inner_channels", 4 * 16},
                                                 {"state", 4 * 8},
                                                 {"dt_rank", 4 * 6},
                                                 {"weight", 4 * 5}}));
    QVERIFY(object.at("units")[0].at("id") == "block:0");
    QVERIFY(object.at("widths").size() == 12);
    QVERIFY(object.at("warnings").is_array());
    std::int64_t sum = 0;
    for (const auto &component : object.at("components"))
        sum += component.at("parameters").get<std::int64_t>();
    QCOMPARE(object.at("parameters").get<std::int64_t>(), sum);
    QVERIFY(object.at("bytes").get<std::int64_t>() >= 4 * sum);

    const Outcome text = runCli({"inspect", m_model});
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.startsWith("Mamba · 4 layers · "));
    QVERIFY(text.out.contains("layers.*.mixer.in_proj"));
    QVERIFY(text.out.contains("block:3"));
}

void TestCli::tokenizes()
{
    writeTextFile(path("abc.txt").toStdString(), "abc");
    const Outcome outcome = runCli({"tokenize", m_model, "--text", path("abc.txt"), "--json"});
    VERIFY_STATUS(outcome, 0);
    QVERIFY(outcome.json() == nlohmann::json::parse(R"({"tokens": 3, "ids": [97, 98, 99]})"));
    QCOMPARE(runCli({"tokenize", m_model + "/tokenizer.json", "--text", path("abc.txt")}).out,
             QByteArray("3 tokens\n97 98 99\n"));
}

void TestCli::writesLogits()
{
    const Outcome outcome = runCli({"logits", m_model, "--ids", path("ids.safetensors"), "--out",
                                    path("logits.safetensors"), "--hidden", "--json"});
    VERIFY_STATUS(outcome, 0);
    QVERIFY(outcome.json().at("loss").is_number_float());
    const auto file = ecdysis::io::SafetensorsFile::open(path("logits.safetensors").toStdString());
    VERIFY_RESULT(file);
    QCOMPARE(file->tensors().size(), std::size_t{6});
    QCOMPARE(QString::fromStdString(file->tensors().back().name), QString("logits"));
}

void TestCli::writesGradients()
{
    const Outcome outcome = runCli(
        {"gradients", m_model, "--ids", path("ids.safetensors"), "--out", path("gradients.safetensors"), "--json"});
    VERIFY_STATUS(outcome, 0);
    QVERIFY(outcome.json().at("loss").get<double>() > 0);
    const auto file = ecdysis::io::SafetensorsFile::open(path("gradients.safetensors").toStdString());
    VERIFY_RESULT(file);
    QVERIFY(file->tensors().front().name.starts_with("grad."));
}

void TestCli::evaluates()
{
    const Outcome outcome = runCli(withText({"eval", m_model, "--json", "--seed", "7"}, 4));
    VERIFY_STATUS(outcome, 0);
    QVERIFY(outcome.err.isEmpty());
    const auto object = outcome.json();
    QVERIFY(object.at("windows") == 4);
    QVERIFY(object.at("tokens") == 4 * 64);
    QCOMPARE(object.at("perplexity").get<double>(), std::exp(object.at("mean_nll").get<double>()));
    QVERIFY(object.at("standard_error").get<double>() > 0);
    QVERIFY(object.at("seconds").get<double>() > 0 && object.at("tokens_per_second").get<double>() > 0);
    QVERIFY(object.at("provenance").at("seed") == 7);
    QVERIFY(object.at("provenance").at("threads") == 2);

    // One window has no standard error, which JSON cannot say as a number.
    const Outcome alone = runCli(withText({"eval", m_model, "--json"}, 1));
    VERIFY_STATUS(alone, 0);
    QVERIFY(alone.json().at("standard_error").is_null());

    const Outcome text = runCli(withText({"eval", m_model, "--stride", "16", "--protocol", "shedder"}, 4));
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.startsWith("loss  "));
}

void TestCli::evaluatesUnderAPlan()
{
    const auto dense = runCli(withText({"eval", m_model, "--json"}, 4)).json();
    const Outcome outcome = runCli(withText({"eval", m_model, "--json", "--plan", path("plan.json")}, 4));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QVERIFY(object.at("losses") != dense.at("losses"));
    QVERIFY(object.at("plan") == nlohmann::json::parse(R"({"removals": ["block:1", "ssm:2"]})"));
    // Of the length of each id as 8 bytes, little-endian, and the id; by Python's hashlib.
    QCOMPARE(object.at("plan_fingerprint").get<std::string>(),
             "e9c1d5dd73554e1b48202c9acbd3c62d41eecbbe5c3d85a96451f8e097fb5939");
    const auto fast = runCli(withText({"eval", m_model, "--json", "--dtype", "bf16"}, 4));
    VERIFY_STATUS(fast, 0);
    const double difference = fast.json().at("mean_nll").get<double>() - dense.at("mean_nll").get<double>();
    QVERIFY(difference != 0 && std::abs(difference) < 0.1);
}

void TestCli::scans()
{
    const Outcome outcome = runCli(withText({"scan", m_model, "--units", "block,ssm", "--json"}, 5));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    const auto dense = runCli(withText({"eval", m_model, "--json"}, 5)).json();
    QVERIFY(object.at("dense_nll") == dense.at("mean_nll"));
    QCOMPARE(object.at("cells").size(), std::size_t{8});
    for (const auto &cell : object.at("cells")) {
        const double change = cell.at("nll").get<double>() - object.at("dense_nll").get<double>();
        QVERIFY(std::abs(cell.at("delta").get<double>() - change) < 1e-9);
        QVERIFY(cell.at("standard_error").get<double>() > 0);
        QVERIFY(cell.at("method") == "removal");
        QVERIFY(cell.at("amount") == 1.0);
        QCOMPARE(cell.at("unit").get<std::string>(),
                 cell.at("kind").get<std::string>() + ":" + std::to_string(cell.at("layer").get<int>()));
    }
    // Dense pass, and two cells for each of four layers that share what comes before.
    const double equivalent = object.at("evaluations_equivalent");
    QVERIFY(equivalent > 3 && equivalent < 9);
    QVERIFY(object.at("seconds").get<double>() > 0);

    const Outcome text = runCli(withText({"scan", m_model, "--units", "ssm", "--prefix-memory", "0"}, 5));
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.startsWith("dense loss "));
    QVERIFY(text.out.contains("ssm:3") && !text.out.contains("block:3"));
}

void TestCli::continuesAScan()
{
    const QStringList first =
        withText({"scan", m_model, "--units", "ssm", "--json", "--session", path("c.ecdysis")}, 5);
    const Outcome before = runCli(first);
    VERIFY_STATUS(before, 0);
    const Outcome again = runCli(first);
    VERIFY_STATUS(again, 0);
    QVERIFY(again.json() == before.json()); // even its seconds: nothing was computed
    const Outcome other =
        runCli(withText({"scan", m_model, "--units", "block", "--json", "--session", path("c.ecdysis")}, 5));
    VERIFY_STATUS(other, 0);
    QCOMPARE(other.json().at("cells").size(), std::size_t{4}); // those asked for
}

void TestCli::showsASession()
{
    VERIFY_STATUS(runCli(withText({"scan", m_model, "--units", "block", "--session", path("d.ecdysis")}, 3)), 0);
    const Outcome outcome = runCli({"session", path("d.ecdysis"), "--json"});
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    QVERIFY(object.at("model_folder") == m_model.toStdString());
    QCOMPARE(object.at("scans").size(), std::size_t{1});
    QVERIFY(object.at("scans")[0].at("measured") == 4);
    QVERIFY(object.at("scans")[0].at("asked") == 4);
    const Outcome text = runCli({"session", path("d.ecdysis")});
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.contains("4 of 4 cells"));
}

void TestCli::benches()
{
    const Outcome outcome = runCli({"bench", m_model, "--prefill", "32", "--decode", "4", "--batch", "2", "--repeat",
                                    "3", "--threads", "2", "--json", "--plan", path("plan.json")});
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    for (const char *part : {"prefill", "decode"}) {
        QVERIFY(object.at(part).at("tokens_per_second").get<double>() > 0);
        QVERIFY(object.at(part).at("milliseconds").at("median").get<double>() > 0);
    }
    QVERIFY(object.at("peak_memory_bytes").get<std::int64_t>() > 0);
    QVERIFY(object.at("device").is_string());
    const Outcome text = runCli({"bench", m_model, "--prefill", "32", "--decode", "0", "--repeat", "2"});
    VERIFY_STATUS(text, 0);
    QVERIFY(text.out.contains("prefill of 1 × 32") && !text.out.contains("decode"));
}

void TestCli::aFullDiskIsAFailure()
{
    if (!QFile::exists("/dev/full"))
        QSKIP("/dev/full is absent");
    QProcess process;
    process.setStandardOutputFile("/dev/full");
    process.start(ECDYSIS_CLI, {"inspect", m_model});
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 1);
    QVERIFY(process.readAllStandardError().contains("standard output"));
}

void TestCli::anInterruptionKeepsWhatIsDone()
{
    QProcess process;
    // Strided windows of a long text: seconds of work.
    writeTextFile(path("long.txt").toStdString(), pseudoText(400'000));
    process.start(ECDYSIS_CLI, {"scan", m_model, "--units", "block,ssm", "--text", path("long.txt"), "--window", "512",
                                "--session", path("i.ecdysis"), "--json", "--threads", "1"});
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path("i.ecdysis")), 60'000);
    QTest::qWait(200);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QElapsedTimer timer;
    timer.start();
    QVERIFY(process.waitForFinished(30'000));
    QVERIFY2(timer.elapsed() < 2000, qPrintable(QString("%1 ms").arg(timer.elapsed())));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(process.readAllStandardOutput().isEmpty());
    const QString message = QString::fromUtf8(process.readAllStandardError());
    const auto match = QRegularExpression("^ecdysis-cli: interrupted, (\\d+) cells kept in ").match(message);
    QVERIFY2(match.hasMatch(), qPrintable(message));
    const auto object = runCli({"session", path("i.ecdysis"), "--json"}).json();
    QCOMPARE(object.at("scans")[0].at("measured").get<int>(), match.captured(1).toInt());
}

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
