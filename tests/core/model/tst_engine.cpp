// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/engine.h"

#include <cmath>
#include <new>

#include <QTemporaryDir>
#include <QTest>

#include <c10/util/Exception.h>

#include "core/guard.h"
#include "core/io/safetensors.h"
#include "tests/support/support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;

/// The public door: that each function reaches what it promises, and that nothing is thrown through it.
class TestEngine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void guardTurnsExceptionsIntoErrors();
    void listsDevices();
    void inspectsAndLoads();
    void namesWhatIsNotThere();
    void tokenizes();
    void evaluatesUnderAPlan();
    void resultsRecordTheirCircumstances();
    void writesLogits();
    void writesGradients();
    void refusesIdsThatAreNone();
    void benches();
    void keepsSessions();
    void readsPlans();
    void refusesPlans_data();
    void refusesPlans();
    void stops();

private:
    std::filesystem::path path(const char *name) const { return m_folder.filePath(name).toStdString(); }
    Model model() const { return *load(path("mamba"), {.threads = 2}, {}); }
    void writeIds(const std::filesystem::path &file, const std::vector<std::int64_t> &ids,
                  const std::vector<std::int64_t> &shape, const std::string &name = "input_ids") const;

    QTemporaryDir m_folder;
};

void TestEngine::initTestCase()
{
    makeTinyModel("mamba", path("mamba"));
    const auto loaded = load(path("mamba"), {.threads = 2}, {});
    VERIFY_RESULT(loaded);
}

void TestEngine::writeIds(const std::filesystem::path &file, const std::vector<std::int64_t> &ids,
                          const std::vector<std::int64_t> &shape, const std::string &name) const
{
    const io::TensorView view{name, DType::I64, shape, std::as_bytes(std::span(ids))};
    VERIFY_RESULT(io::writeSafetensors(file, {&view, 1}));
}

void TestEngine::guardTurnsExceptionsIntoErrors()
{
    const auto fine = guard([] { return 7; });
    VERIFY_RESULT(fine);
    QCOMPARE(*fine, 7);
    VERIFY_RESULT(guard([] {}));

    const auto own = guard([]() -> int { throw Exception(ErrorCode::Mismatch, "2 expected, 3 found", "a: b"); });
    QVERIFY((own.error() == Error{ErrorCode::Mismatch, "2 expected, 3 found", "a: b"}));
    QCOMPARE(guard([]() -> int { throw std::bad_alloc(); }).error().code, ErrorCode::OutOfMemory);
    const auto other = guard([]() -> int { throw std::runtime_error("odd"); });
    QVERIFY((other.error() == Error{ErrorCode::Internal, "odd", ""}));
    const auto torch = guard([] { TORCH_CHECK(false, "shapes differ"); });
    QCOMPARE(torch.error().code, ErrorCode::Internal);
    QCOMPARE(torch.error().message, std::string("shapes differ"));
    const auto memory = guard([] { TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried"); });
    QCOMPARE(memory.error().code, ErrorCode::OutOfMemory);
}

void TestEngine::listsDevices()
{
    const std::vector<ComputeDevice> found = devices();
    QVERIFY(!found.empty());
    QCOMPARE(found.front().name, std::string("cpu"));
    for (const ComputeDevice &device : found) {
        QVERIFY2(!device.title.empty(), device.name.c_str());
        VERIFY_RESULT(load(path("mamba"), {.device = device.name, .threads = 2}, {}));
    }
    QCOMPARE(load(path("mamba"), {.device = "abacus"}, {}).error().code, ErrorCode::DeviceUnavailable);
    if (found.size() == 1)
        QCOMPARE(load(path("mamba"), {.device = "cuda"}, {}).error().code, ErrorCode::DeviceUnavailable);
}

void TestEngine::inspectsAndLoads()
{
    const auto card = inspect(path("mamba"));
    VERIFY_RESULT(card);
    QCOMPARE(card->layers, 4);
    QVERIFY(card->hasTokenizer);
    const Model loaded = model();
    QVERIFY(loaded.card() == *card);
    QCOMPARE(loaded.options().threads, 2);
    const auto automatic = load(path("mamba"), {}, {});
    VERIFY_RESULT(automatic);
    QVERIFY(automatic->options().threads > 0);
}

void TestEngine::namesWhatIsNotThere()
{
    QCOMPARE(inspect(path("nowhere")).error().code, ErrorCode::NotFound);
    QVERIFY(inspect(path("nowhere")).error().where.find("nowhere") != std::string::npos);
    QCOMPARE(load(path("nowhere"), {}, {}).error().code, ErrorCode::NotFound);
    QCOMPARE(readSession(path("nowhere")).error().code, ErrorCode::NotFound);
    QCOMPARE(tokenize(path("mamba"), path("nowhere"), {}).error().code, ErrorCode::NotFound);
    QCOMPARE(tokenize(path("nowhere"), path("nowhere"), {}).error().code, ErrorCode::NotFound);
}

void TestEngine::tokenizes()
{
    const std::string text = "two  words\n\xC3\xBC";
    writeTextFile(path("short.txt"), text);
    const auto ids = tokenize(path("mamba"), path("short.txt"), {});
    VERIFY_RESULT(ids);
    std::vector<std::int64_t> bytes;
    for (char c : text)
        bytes.push_back(static_cast<unsigned char>(c));
    QVERIFY(*ids == bytes);
    QVERIFY(tokenize(path("mamba") / "tokenizer.json", path("short.txt"), {}) == ids);

    writeTextFile(path("broken.txt"), "ab\xFF");
    const auto broken = tokenize(path("mamba"), path("broken.txt"), {});
    QVERIFY(!broken);
    QCOMPARE(broken.error().code, ErrorCode::BadFormat);
}

void TestEngine::evaluatesUnderAPlan()
{
    const Model loaded = model();
    const WindowProtocol protocol{.window = 64, .maxWindows = 5};
    const auto dense = evaluate(loaded, path("mamba") / "text.txt", protocol, {}, {});
    VERIFY_RESULT(dense);
    QCOMPARE(dense->losses.size(), std::size_t{5});
    QCOMPARE(dense->tokens, 5 * 64);
    QCOMPARE(dense->nll, mean(dense->losses));
    QCOMPARE(dense->perplexity, std::exp(dense->nll.value));
    const auto without = evaluate(loaded, path("mamba") / "text.txt", protocol, Plan{{{"ssm:2", ""}}}, {});
    VERIFY_RESULT(without);
    QVERIFY(without->losses != dense->losses);
    QCOMPARE(without->calibration.fingerprint, dense->calibration.fingerprint);
    const auto unknown = evaluate(loaded, path("mamba") / "text.txt", protocol, Plan{{{"block:9", ""}}}, {});
    QCOMPARE(unknown.error().code, ErrorCode::Mismatch);
}

void TestEngine::resultsRecordTheirCircumstances()
{
    const auto result = evaluate(model(), path("mamba") / "text.txt", {.window = 64, .maxWindows = 2}, {}, {});
    VERIFY_RESULT(result);
    const Provenance &provenance = result->provenance;
    QCOMPARE(provenance.modelFingerprint.size(), std::size_t{64});
    QCOMPARE(provenance.threads, 2);
    QCOMPARE(provenance.dtype, DType::F32);
    QVERIFY(!provenance.versions.empty());
    QVERIFY(std::ranges::is_sorted(provenance.versions));
    QVERIFY(QDateTime::fromString(QString::fromStdString(provenance.created), Qt::ISODate).isValid());
}

void TestEngine::writesLogits()
{
    const std::vector<std::int64_t> ids{1, 2, 3, 4, 5, 6};
    writeIds(path("ids.safetensors"), ids, {2, 3});
    const auto loss = writeLogits(model(), path("ids.safetensors"), path("out.safetensors"), true, {}, {});
    VERIFY_RESULT(loss);
    QVERIFY(std::isfinite(*loss));
    const auto file = io::SafetensorsFile::open(path("out.safetensors"));
    VERIFY_RESULT(file);
    QCOMPARE(file->tensors().size(), std::size_t{6}); // hidden.0 … hidden.4 and logits
    QVERIFY((file->tensors().back() == TensorInfo{"logits", DType::F32, {2, 3, 272}, "out.safetensors"}));
    QVERIFY((file->tensors().front() == TensorInfo{"hidden.0", DType::F32, {2, 3, 64}, "out.safetensors"}));

    const auto thinner =
        writeLogits(model(), path("ids.safetensors"), path("out.safetensors"), false, Plan{{{"block:0", ""}}}, {});
    VERIFY_RESULT(thinner);
    QVERIFY(*thinner != *loss);
    QCOMPARE(io::SafetensorsFile::open(path("out.safetensors"))->tensors().size(), std::size_t{1});
}

void TestEngine::writesGradients()
{
    writeIds(path("ids.safetensors"), {1, 2, 3, 4, 5, 6}, {2, 3});
    const auto loss = writeGradients(model(), path("ids.safetensors"), path("gradients.safetensors"), {});
    VERIFY_RESULT(loss);
    const auto logits = writeLogits(model(), path("ids.safetensors"), path("out.safetensors"), false, {}, {});
    QVERIFY(std::abs(*loss - *logits) < 1e-5);
    const auto file = io::SafetensorsFile::open(path("gradients.safetensors"));
    VERIFY_RESULT(file);
    QVERIFY(file->tensors().size() > 20);
    for (const TensorInfo &tensor : file->tensors())
        QVERIFY2(tensor.name.starts_with("grad.backbone."), tensor.name.c_str());
}

void TestEngine::refusesIdsThatAreNone()
{
    const auto attempt = [&] {
        return writeLogits(model(), path("ids.safetensors"), path("never.safetensors"), false, {}, {}).error();
    };
    writeIds(path("ids.safetensors"), {1, 2}, {2});
    QCOMPARE(attempt().code, ErrorCode::Mismatch);
    writeIds(path("ids.safetensors"), {1, 2}, {1, 2}, "ids");
    QCOMPARE(attempt().code, ErrorCode::Mismatch);
    QVERIFY(attempt().where.find("input_ids") != std::string::npos);
    writeIds(path("ids.safetensors"), {1, 272}, {1, 2});
    QVERIFY(attempt().code == ErrorCode::InvalidArgument || attempt().code == ErrorCode::Mismatch);
    writeTextFile(path("ids.safetensors"), "short");
    QCOMPARE(attempt().code, ErrorCode::BadFormat);
    QVERIFY(!std::filesystem::exists(path("never.safetensors")));
}

void TestEngine::benches()
{
    const auto report = bench(model(), {.prefill = 32, .decode = 4, .batch = 2, .repeat = 3}, {}, {});
    VERIFY_RESULT(report);
    QVERIFY(report->prefill.p10 <= report->prefill.median && report->prefill.median <= report->prefill.p90);
    QVERIFY(report->prefill.median > 0 && report->decode.median > 0);
    QVERIFY(report->peakMemoryBytes > 1 << 20);
    QVERIFY(!report->device.empty());
}

void TestEngine::keepsSessions()
{
    const Session session{"/m", "Mamba", {}, {}, "notes"};
    VERIFY_RESULT(writeSession(path("s.ecdysis"), session));
    const auto read = readSession(path("s.ecdysis"));
    VERIFY_RESULT(read);
    QVERIFY(*read == session);
}

void TestEngine::readsPlans()
{
    const auto plan = parsePlan(R"({"removals": ["block:1", {"unit": "ssm:3", "reason": "weak"}], "sparsity": []})",
                                model().card(), "p.json");
    VERIFY_RESULT(plan);
    QVERIFY((*plan == Plan{{{"block:1", ""}, {"ssm:3", "weak"}}}));
    const auto empty = parsePlan(R"({"removals": []})", model().card(), "p.json");
    VERIFY_RESULT(empty);
    QVERIFY(*empty == Plan{});
}

void TestEngine::refusesPlans_data()
{
    QTest::addColumn<std::string>("json");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<std::string>("where");
    const std::string none;
    QTest::newRow("no JSON") << std::string(R"({"removals": [)") << ErrorCode::BadFormat << std::string("byte");
    QTest::newRow("a list") << std::string("[]") << ErrorCode::BadFormat << none;
    QTest::newRow("nothing") << std::string("{}") << ErrorCode::BadFormat << none;
    QTest::newRow("a text") << std::string(R"({"removals": "block:1"})") << ErrorCode::BadFormat << none;
    QTest::newRow("a number") << std::string(R"({"removals": [1]})") << ErrorCode::BadFormat
                              << std::string("removals[0]");
    QTest::newRow("no such unit") << std::string(R"({"removals": ["block:1", "block:4"]})") << ErrorCode::Mismatch
                                  << std::string("removals[1]");
    QTest::newRow("twice") << std::string(R"({"removals": ["ssm:0", "ssm:0"]})") << ErrorCode::Mismatch
                           << std::string("removals[1]");
    QTest::newRow("sparsity") << std::string(R"({"removals": [], "sparsity": [1]})") << ErrorCode::BadFormat
                              << std::string("sparsity");
    QTest::newRow("unknown") << std::string(R"({"removals": [], "rotations": [1]})") << ErrorCode::Unsupported << none;
}

void TestEngine::refusesPlans()
{
    QFETCH(std::string, json);
    QFETCH(ErrorCode, code);
    QFETCH(std::string, where);
    const auto plan = parsePlan(json, model().card(), "p.json");
    QVERIFY(!plan);
    QCOMPARE(plan.error().code, code);
    QVERIFY(plan.error().where.starts_with("p.json"));
    QVERIFY2(plan.error().where.find(where) != std::string::npos, plan.error().where.c_str());
}

void TestEngine::stops()
{
    std::stop_source stop;
    stop.request_stop();
    const Run stopped{.stop = stop.get_token()};
    const Model loaded = model();
    const auto text = path("mamba") / "text.txt";
    QCOMPARE(evaluate(loaded, text, {.window = 64}, {}, stopped).error().code, ErrorCode::Cancelled);
    QCOMPARE(scan(loaded, {.text = text, .protocol = {.window = 64}}, {}, stopped).error().code, ErrorCode::Cancelled);
    writeIds(path("ids.safetensors"), {1, 2, 3}, {1, 3});
    QCOMPARE(writeLogits(loaded, path("ids.safetensors"), path("never.safetensors"), false, {}, stopped).error().code,
             ErrorCode::Cancelled);
    QCOMPARE(bench(loaded, {}, {}, stopped).error().code, ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
