// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <fstream>
#include <set>

#include <QTemporaryDir>
#include <QTest>

#include "core/io/checkpoint.h"
#include "core/io/config.h"
#include "tests/cli/process.h"
#include "tests/support/support.h"
#include "tests/support/temporary_model.h"

namespace fs = std::filesystem;

using namespace ecdysis;

/// `export` as a user meets it: folders that are written, read again and compared.
class TestCliExport : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void writesAndVerifies();
    void cutsWhatNoConfigSays();
    void convertsLayoutsAndTypes();
    void writesShards();
    void speaksToMambaShedder();
    void refusals_data();
    void refusals();
    void prunedModelIsStock();
    void prunedModelKeepsItsLoss();

private:
    QString plan(const QByteArray &json)
    {
        const QString file = m_work.filePath(QString("plan%1.json").arg(++m_plans));
        QFile stream(file);
        if (!stream.open(QIODevice::WriteOnly) || stream.write(json) != json.size())
            qFatal("cannot write a plan");
        return file;
    }
    QString out(const char *name) const { return m_work.filePath(QLatin1String(name)); }

    TinyModel m_tiny;
    QString m_model;
    QTemporaryDir m_work;
    int m_plans = 0;
};

void TestCliExport::initTestCase()
{
    m_model = m_tiny.folder.path();
}

void TestCliExport::writesAndVerifies()
{
    const QString blocks = plan(R"({"removals": ["block:1", {"unit": "block:3", "reason": "second"}]})");
    const Outcome outcome = runCli({"export", m_model, "--plan", blocks, "--out", out("stock"), "--verify", "--text",
                                    m_tiny.path("text.txt"), "--window", "64", "--max-windows", "8", "--json"});
    VERIFY_STATUS(outcome, 0);
    const nlohmann::json json = outcome.json();
    QVERIFY((json["files"] == nlohmann::json::parse(R"(["config.json", "model.safetensors", "tokenizer.json"])")));
    QVERIFY((json["loaders"] == nlohmann::json::parse(R"(["transformers"])")));
    QVERIFY(json["reasons"].empty());
    QVERIFY(std::abs(json["verified"]["difference"].get<double>()) <= 1e-6);
    QCOMPARE(json["verified"]["after"].get<double>() - json["verified"]["before"].get<double>(),
             json["verified"]["difference"].get<double>());
    QCOMPARE(json["plan"]["removals"].size(), std::size_t{2});
    // The figures are those of inspect and eval.
    const nlohmann::json before = runCli({"inspect", m_model, "--json"}).json();
    const nlohmann::json after = runCli({"inspect", out("stock"), "--json"}).json();
    QVERIFY((after["layers"] == 2));
    QVERIFY((after["parameters"] == json["parameters"]));
    QVERIFY((after["bytes"] == json["bytes"]));
    std::int64_t gone = 0;
    for (const auto &unit : before["units"])
        if (unit["id"] == "block:1" || unit["id"] == "block:3")
            gone += unit["parameters"].get<std::int64_t>();
    QCOMPARE(before["parameters"].get<std::int64_t>() - gone, json["parameters"].get<std::int64_t>());
    const auto eval = [&](const QString &model, const QStringList &more) {
        return runCli(QStringList{"eval", model, "--text", m_tiny.path("text.txt"), "--window", "64", "--max-windows",
                                  "8", "--json"} +
                      more)
            .json()["mean_nll"]
            .get<double>();
    };
    QCOMPARE(eval(out("stock"), {}), json["verified"]["after"].get<double>());
    QCOMPARE(eval(m_model, {"--plan", blocks}), json["verified"]["before"].get<double>());
}

void TestCliExport::cutsWhatNoConfigSays()
{
    const QString mixed = plan(R"({"removals": ["block:1", "ssm:3", "inner_channels:2:0-15"]})");
    const Outcome outcome = runCli({"export", m_model, "--plan", mixed, "--out", out("own"), "--verify", "--text",
                                    m_tiny.path("text.txt"), "--window", "64", "--max-windows", "8", "--json"});
    VERIFY_STATUS(outcome, 0);
    QVERIFY(outcome.json()["loaders"].empty());
    QCOMPARE(outcome.json()["reasons"].size(), std::size_t{2});
    QVERIFY(std::abs(outcome.json()["verified"]["difference"].get<double>()) <= 1e-6);
    // The manifest speaks of the config's layers, and of the parent's where it tells what was done.
    std::ifstream stream(fs::path(out("own").toStdString()) / "ecdysis.json");
    const nlohmann::json manifest = nlohmann::json::parse(stream);
    QVERIFY((manifest["removed"] == nlohmann::json::parse(R"(["ssm:2", "inner_channels:1:0-15"])")));
    QCOMPARE(manifest["layers"].size(), std::size_t{3});
    QVERIFY((manifest["layers"][1]["parent"] == 2));
    QVERIFY((manifest["layers"][1]["widths"]["inner_channels"] == 112));
    QVERIFY((manifest["tensors"]["backbone.layers.1.mixer.in_proj.weight"]["shape"] ==
             nlohmann::json::parse(R"([224, 64])")));
    QVERIFY((manifest["plan"]["removals"][1] == "ssm:3"));
    // Units are listed as of any model; the folder can be cut again.
    const nlohmann::json card = runCli({"inspect", out("own"), "--json"}).json();
    QSet<QString> units;
    for (const auto &unit : card["units"])
        units.insert(QString::fromStdString(unit["id"].get<std::string>()));
    QVERIFY(units.contains("ssm:0") && units.contains("ssm:1") && !units.contains("ssm:2") &&
            !units.contains("block:3"));
    VERIFY_STATUS(
        runCli({"export", out("own"), "--plan", plan(R"({"removals": ["block:2", "inner_channels:1:3-9"]})"), "--out",
                out("again"), "--verify", "--text", m_tiny.path("text.txt"), "--window", "64", "--max-windows", "8"}),
        0);
    const Outcome text = runCli({"inspect", out("again")});
    VERIFY_STATUS(text, 0);
}

void TestCliExport::convertsLayoutsAndTypes()
{
    const QString blocks = plan(R"({"removals": ["block:2"]})");
    const QStringList verify{"--verify", "--text", m_tiny.path("text.txt"), "--window", "64", "--max-windows", "8"};
    const auto write = [&](const QString &model, const QString &removals, const char *name, const QStringList &more) {
        return runCli(QStringList{"export", model, "--plan", removals, "--out", out(name), "--json"} + more + verify);
    };
    const Outcome original = write(m_model, blocks, "original", {"--format", "original"});
    VERIFY_STATUS(original, 0);
    QVERIFY((original.json()["files"] ==
             nlohmann::json::parse(R"(["config.json", "pytorch_model.bin", "tokenizer.json"])")));
    QVERIFY((original.json()["loaders"] == nlohmann::json::parse(R"(["mamba_ssm"])")));
    // The head is stored as the embedding's other name.
    const auto checkpoint = io::Checkpoint::open(out("original").toStdString());
    VERIFY_RESULT(checkpoint);
    QCOMPARE(checkpoint->aliases().size(), std::size_t{1});
    // And back.
    const Outcome back = write(out("original"), plan(R"({"removals": ["block:0"]})"), "back", {"--format", "hf"});
    VERIFY_STATUS(back, 0);
    QVERIFY((back.json()["loaders"] == nlohmann::json::parse(R"(["transformers"])")));
    QVERIFY(std::abs(back.json()["verified"]["difference"].get<double>()) <= 1e-6);
    // Half the bytes, but for the parameters of state spaces.
    for (const char *type : {"bf16", "f16"}) {
        const Outcome narrow = write(m_model, blocks, type, {"--dtype", type});
        VERIFY_STATUS(narrow, 0);
        const auto stored = io::Checkpoint::open(out(type).toStdString());
        VERIFY_RESULT(stored);
        for (const TensorInfo &tensor : stored->tensors()) {
            const bool ssm =
                tensor.name.ends_with("A_log") || tensor.name.ends_with(".D") || tensor.name.ends_with("dt_proj.bias");
            QCOMPARE(QString::fromUtf8(name(tensor.dtype)), ssm ? QString("F32") : QString(type).toUpper());
        }
        const auto config = io::Config::read(fs::path(out(type).toStdString()) / "config.json");
        VERIFY_RESULT(config);
        QCOMPARE(config->string("dtype", ""), std::string(type) == "bf16" ? "bfloat16" : "float16");
    }
}

void TestCliExport::writesShards()
{
    for (const char *container : {"safetensors", "bin"}) {
        const std::string folder = std::string("shards_") + container;
        const Outcome outcome =
            runCli({"export", m_model, "--plan", plan(R"({"removals": ["block:2"]})"), "--out", out(folder.c_str()),
                    "--container", container, "--shard-size", "100000", "--json", "--verify", "--text",
                    m_tiny.path("text.txt"), "--window", "64", "--max-windows", "8"});
        VERIFY_STATUS(outcome, 0);
        int shards = 0;
        const nlohmann::json json = outcome.json();
        for (const auto &file : json["files"])
            shards += file.get<std::string>().find("-of-") != std::string::npos ? 1 : 0;
        QVERIFY(shards > 2);
        QVERIFY(std::abs(json["verified"]["difference"].get<double>()) <= 1e-6);
    }
}

void TestCliExport::speaksToMambaShedder()
{
    const QString theirs = plan(R"({"pruned_mamba_block_idx": [3], "pruned_ssm_idx": [2, 0]})");
    const Outcome outcome =
        runCli({"export", m_model, "--plan", theirs, "--out", out("theirs"), "--intel-config", "--json"});
    VERIFY_STATUS(outcome, 0);
    QVERIFY((outcome.json()["plan"]["removals"][0] == "block:3"));
    std::ifstream stream(fs::path(out("theirs").toStdString()) / "pruning_config.json");
    QVERIFY((nlohmann::json::parse(stream) ==
             nlohmann::json::parse(R"({"pruned_mamba_block_idx": [3], "pruned_ssm_idx": [2, 0]})")));
}

void TestCliExport::refusals_data()
{
    QTest::addColumn<QByteArray>("removals");
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("words");
    QTest::newRow("nothing to do") << QByteArray(R"({"removals": []})") << QStringList() << 1 << "without effect";
    QTest::newRow("no such unit") << QByteArray(R"({"removals": ["block:9"]})") << QStringList() << 1 << "block:9";
    QTest::newRow("no such format") << QByteArray(R"({"removals": ["block:1"]})") << QStringList{"--format", "gguf"}
                                    << 2 << "--format";
    QTest::newRow("verify what") << QByteArray(R"({"removals": ["block:1"]})") << QStringList{"--verify"} << 2
                                 << "--text";
    QTest::newRow("no key for it") << QByteArray(R"({"removals": ["state:1:0-1"]})") << QStringList{"--intel-config"}
                                   << 1 << "state:1:0-1";
}

void TestCliExport::refusals()
{
    QFETCH(QByteArray, removals);
    QFETCH(QStringList, more);
    QFETCH(int, status);
    QFETCH(QString, words);
    const QDir before(m_work.path());
    const Outcome outcome =
        runCli(QStringList{"export", m_model, "--plan", plan(removals), "--out", out("refused")} + more);
    QCOMPARE(outcome.status, status);
    QVERIFY2(outcome.err.contains(words.toUtf8()), outcome.err.constData());
    // Nothing is left, hidden or not.
    for (const QString &name : QDir(m_work.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot))
        QVERIFY2(!name.contains("refused"), qPrintable(name));
}

void TestCliExport::prunedModelIsStock()
{
    const fs::path model = sharedData("models/mamba-6m");
    SKIP_WITHOUT(model);
    const Outcome outcome =
        runCli({"export", QString::fromStdString(model.string()), "--plan",
                plan(R"({"removals": ["block:5", "block:8"]})"), "--out", out("mamba-6m"), "--json"});
    VERIFY_STATUS(outcome, 0);
    // Key by key, in config and weights, as the reference writes a Mamba.
    const auto stock = io::Config::read(testData("mamba") / "config.json");
    const auto written = io::Config::read(fs::path(out("mamba-6m").toStdString()) / "config.json");
    VERIFY_RESULT(stock);
    VERIFY_RESULT(written);
    for (const auto &[key, value] : written->json().items())
        QVERIFY2(stock->has(key), key.c_str());
    for (const auto &[key, value] : stock->json().items())
        QVERIFY2(written->has(key), key.c_str());
    QCOMPARE(written->integer("num_hidden_layers"), std::int64_t{10});
    const auto pattern = [](std::string name) {
        for (std::size_t at = 0; at < name.size(); ++at)
            while (at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) != 0 && name[at - 1] == '.')
                name.erase(at, 1);
        return name;
    };
    std::set<std::string> expected, found, names;
    const auto reference = io::Checkpoint::open(testData("mamba"));
    const auto checkpoint = io::Checkpoint::open(out("mamba-6m").toStdString());
    VERIFY_RESULT(reference);
    VERIFY_RESULT(checkpoint);
    for (const TensorInfo &tensor : reference->tensors())
        expected.insert(pattern(tensor.name));
    for (const TensorInfo &tensor : checkpoint->tensors()) {
        found.insert(pattern(tensor.name));
        names.insert(tensor.name);
    }
    QVERIFY(found == expected);
    QVERIFY(names.contains("backbone.layers.9.mixer.A_log") && !names.contains("backbone.layers.10.mixer.A_log"));
}

void TestCliExport::prunedModelKeepsItsLoss()
{
    const fs::path model = sharedData("models/mamba-6m");
    const fs::path text = sharedData("data/wikitext/wiki.test.raw");
    SKIP_WITHOUT(model);
    SKIP_WITHOUT(text);
    const Outcome outcome = runCli({"export", QString::fromStdString(model.string()), "--plan",
                                    plan(R"({"removals": ["block:5", "block:8", "ssm:3", "inner_channels:2:0-99"]})"),
                                    "--out", out("6m-own"), "--verify", "--text", QString::fromStdString(text.string()),
                                    "--window", "512", "--max-windows", "4", "--json"});
    VERIFY_STATUS(outcome, 0);
    QVERIFY(std::abs(outcome.json()["verified"]["difference"].get<double>()) <= 1e-5);
}

QTEST_GUILESS_MAIN(TestCliExport)
#include "tst_cli_export.moc"
