// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>
#include <stop_token>

#include <QTest>

#include "core/io/text_file.h"
#include "core/pruning/manifest.h"
#include "tests/core/model/export_support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;

namespace {

namespace fs = std::filesystem;

/// Each stored tensor of a folder, as it is.
std::map<std::string, std::string> storedBytes(const fs::path &folder)
{
    const auto checkpoint = valueOrThrow(io::Checkpoint::open(folder));
    std::map<std::string, std::string> all;
    for (const TensorInfo &info : checkpoint.tensors()) {
        const auto data = valueOrThrow(checkpoint.read(info.name));
        all[info.name] = {reinterpret_cast<const char *>(data.bytes.data()), data.bytes.size()};
    }
    return all;
}

} // namespace

/// The files of an export: what they hold to the bit, and that they are there whole or not at all.
class ExportFilesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void untouchedTensorsKeepTheirBits();
    void layoutsHoldTheSameTensors_data();
    void layoutsHoldTheSameTensors();
    void layoutsThatCannotBe();
    void aStoppedRunLeavesNothing();
    void aFolderWithFilesIsLeftAlone();
    void requestsThatMakeNoSense();
    void anotherModelIsNoticed();
    void manifests();
    void manifestsThatCannotBe_data();
    void manifestsThatCannotBe();
};

void ExportFilesTest::untouchedTensorsKeepTheirBits()
{
    const Written written;
    written.write(testData("mamba"), {"block:0"}, "out");
    const auto before = storedBytes(testData("mamba"));
    for (const auto &[name, bytes] : storedBytes(written.path("out"))) {
        std::string old = name;
        for (int layer = 0; layer < 3; ++layer)
            if (const std::string now = "layers." + std::to_string(layer) + "."; name.find(now) != name.npos)
                old =
                    std::string(name).replace(name.find(now), now.size(), "layers." + std::to_string(layer + 1) + ".");
        QVERIFY2(before.at(old) == bytes, name.c_str());
    }
}

void ExportFilesTest::layoutsHoldTheSameTensors_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QString>("layout");
    QTest::newRow("Mamba to original") << "mamba"
                                       << "original";
    QTest::newRow("Mamba to hf") << "mamba_original"
                                 << "hf";
    QTest::newRow("Mamba-2 to original") << "mamba2"
                                         << "original";
    QTest::newRow("Mamba-2, steps limited, to original") << "mamba2_g1"
                                                         << "original";
    QTest::newRow("Mamba-2 to hf") << "mamba2_original"
                                   << "hf";
}

void ExportFilesTest::layoutsHoldTheSameTensors()
{
    QFETCH(QString, fixture);
    QFETCH(QString, layout);
    const Written written;
    const fs::path parent = testData(fixture.toStdString());
    const auto report = written.write(parent, {"block:1"}, "there", {.layout = layout.toStdString()});
    QCOMPARE(QString::fromStdString(report.layout), layout);
    QCOMPARE(report.loaders.size(), std::size_t{1});
    const auto model = loaded(fixture.toStdString(), {.threads = 1});
    const auto there = written.load("there");
    QCOMPARE(relativeError(logitsUnder(*there, {}), logitsUnder(*model, planOf({"block:1"}))), 0.0);
    // And back: the same tensors under the same names, the same config but for keys that only tell how it was trained.
    written.write(written.path("there"), {"block:0"}, "back", {.layout = model->card().layout});
    written.write(parent, {"block:0", "block:1"}, "direct");
    QVERIFY(storedBytes(written.path("back")) == storedBytes(written.path("direct")));
    QVERIFY(written.load("back")->card().dimensions == written.load("direct")->card().dimensions);
}

void ExportFilesTest::layoutsThatCannotBe()
{
    const Written written;
    const auto refused = [&](const std::string &fixture) {
        return errorOf([&] { written.write(testData(fixture), {"block:1"}, "out", {.layout = "original"}); });
    };
    QVERIFY(refused("jamba").code == ErrorCode::Unsupported);
    // Its norms have an epsilon that the other layout has no key for.
    const Error epsilon = refused("mamba_nobias_f32res");
    QVERIFY(epsilon.code == ErrorCode::Unsupported);
    QVERIFY2(epsilon.where.find("layer_norm_epsilon") != std::string::npos, epsilon.where.c_str());
    QVERIFY(written.files().empty());
}

void ExportFilesTest::aStoppedRunLeavesNothing()
{
    const Written written;
    const ModelFiles files = openModelFiles(testData("mamba"));
    for (int reports : {1, 2, 20}) {
        std::stop_source source;
        int seen = 0;
        const Run run{.stop = source.get_token(), .progress = [&](const Progress &) {
                          if (++seen == reports)
                              source.request_stop();
                      }};
        const Error error =
            errorOf([&] { pruning::writeCut(files, planOf({"ssm:1"}), {.folder = written.path("out")}, run); });
        QVERIFY(error.code == ErrorCode::Cancelled);
        QVERIFY(written.files().empty());
    }
}

void ExportFilesTest::aFolderWithFilesIsLeftAlone()
{
    const Written written;
    fs::create_directory(written.path("out"));
    std::ofstream(written.path("out") / "mine") << "x";
    const Error error = errorOf([&] { written.write(testData("mamba"), {"block:1"}, "out"); });
    QVERIFY(error.code == ErrorCode::InvalidArgument);
    QVERIFY2(error.where.ends_with("out"), error.where.c_str());
    QCOMPARE(std::distance(fs::directory_iterator(written.path("out")), fs::directory_iterator()), std::ptrdiff_t{1});
    QCOMPARE(written.files(), std::vector<std::string>{"out"});
}

void ExportFilesTest::requestsThatMakeNoSense()
{
    const Written written;
    for (const ExportRequest &request : {ExportRequest{.layout = "gguf"}, ExportRequest{.container = "npz"},
                                         ExportRequest{.dtype = DType::I8}, ExportRequest{.shardBytes = 0}}) {
        const Error error = errorOf([&] { written.write(testData("mamba"), {"block:1"}, "out", request); });
        QVERIFY(error.code == ErrorCode::InvalidArgument);
    }
    QVERIFY(written.files().empty());
}

void ExportFilesTest::anotherModelIsNoticed()
{
    const Written written;
    makeTinyModel("mamba2", written.path("model"), 2000);
    const auto model = load(written.path("model"), {.threads = 1}, {});
    VERIFY_RESULT(model);
    VERIFY_RESULT(exportModel(written.path("model"), planOf({"ssm:2"}), {.folder = written.path("out")}, {}));
    const WindowProtocol protocol{.window = 64, .maxWindows = 8};
    const auto check = [&](const std::string &unit) {
        return checkExport(*model, planOf({unit}), written.path("out"), written.path("model") / "text.txt", protocol,
                           {});
    };
    const auto same = check("ssm:2");
    VERIFY_RESULT(same);
    QCOMPARE(same->difference, 0.0);
    QCOMPARE(same->tolerance, 1e-4);
    const auto other = check("ssm:1");
    QVERIFY(!other);
    QVERIFY(other.error().code == ErrorCode::Mismatch);
}

void ExportFilesTest::manifests()
{
    const Written written;
    written.write(testData("jamba"), {"block:2", "mlp_channels:0:90-95"}, "out");
    const auto manifest = pruning::readManifest(written.path("out"));
    QVERIFY(manifest.has_value());
    QCOMPARE(manifest->removed, (std::vector<std::string>{"block:2", "mlp_channels:0:90-95"}));
    QCOMPARE(manifest->parent.fingerprint,
             valueOrThrow(valueOrThrow(io::Checkpoint::open(testData("jamba"))).fingerprint({})));
    QCOMPARE(manifest->layers.at(0).widths.at("mlp_channels"), std::int64_t{90});
    QCOMPARE(manifest->layers.at(2).removed, std::vector<std::string>{"block"});
    QVERIFY(pruning::parseManifest(pruning::manifestText(*manifest), "") == *manifest);
    QVERIFY(!pruning::readManifest(testData("jamba")).has_value());
    // The text says what it is before anything else is needed of it.
    const auto object = nlohmann::json::parse(io::readText(written.path("out") / pruning::manifestName));
    QCOMPARE(object.at("format").get<std::string>(), std::string("ecdysis cut model"));
    QCOMPARE(object.at("version").get<int>(), 1);
}

void ExportFilesTest::manifestsThatCannotBe_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("code");
    QTest::newRow("a newer version") << "version"
                                     << "3" << static_cast<int>(ErrorCode::Unsupported);
    QTest::newRow("something else") << "format"
                                    << "\"model\"" << static_cast<int>(ErrorCode::BadFormat);
    QTest::newRow("no list") << "removed"
                             << "3" << static_cast<int>(ErrorCode::BadFormat);
    QTest::newRow("no such unit") << "removed"
                                  << "[\"ssm:9\"]" << static_cast<int>(ErrorCode::Mismatch);
    QTest::newRow("another unit than was cut") << "removed"
                                               << "[\"ssm:2\"]" << static_cast<int>(ErrorCode::Mismatch);
    QTest::newRow("no such projection") << "biases"
                                        << "[\"backbone.layers.0.norm.bias\"]" << static_cast<int>(ErrorCode::Mismatch);
    QTest::newRow("twice") << "removed"
                           << "[\"ssm:1\", \"ssm:1\"]" << static_cast<int>(ErrorCode::Mismatch);
}

void ExportFilesTest::manifestsThatCannotBe()
{
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(int, code);
    const Written written;
    written.write(testData("mamba2"), {"ssm:1"}, "out");
    const fs::path file = written.path("out") / pruning::manifestName;
    auto object = nlohmann::json::parse(io::readText(file));
    object[key.toStdString()] = nlohmann::json::parse(value.toStdString());
    std::ofstream(file) << object.dump();
    const Error error = errorOf([&] { openModelFiles(written.path("out")); });
    QCOMPARE(static_cast<int>(error.code), code);
    QVERIFY2(error.where.find(written.path("out").string()) == 0, error.where.c_str());
}

QTEST_GUILESS_MAIN(ExportFilesTest)
#include "tst_export_files.moc"
