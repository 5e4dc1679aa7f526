// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <chrono>
#include <cmath>
#include <fstream>

#include <QTest>

#include "core/data/windows.h"
#include "core/evaluation/latency.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;

namespace {

std::vector<std::int64_t> counting(int count)
{
    std::vector<std::int64_t> tokens;
    for (int i = 0; i < count; ++i)
        tokens.push_back(i * 37 % 272);
    return tokens;
}

nlohmann::json reference()
{
    return nlohmann::json::parse(std::ifstream(sharedData("models/mamba-6m/reference.json")));
}

double lossOn(const Model::State &model, const char *text, int maxWindows, const Plan &plan)
{
    const auto windows =
        data::readWindows(model.card().folder, sharedData(text), {.window = 512, .maxWindows = maxWindows}, {});
    return evaluation::evaluate(model, windows, plan, {}).nll.value;
}

/// The models' texts lie beside the project; a test without them is skipped.
#define SKIP_WITHOUT_MODEL(name)                                                                                       \
    SKIP_WITHOUT(sharedData("models/" name));                                                                          \
    SKIP_WITHOUT(sharedData("data/wikitext/wiki.test.raw"))

} // namespace

/// Cutting of texts, perplexity, latency.
class PerplexityTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void windowsFollowOneAnother();
    void windowsThatOverlap();
    void badProtocols();
    void batchesHaveAboutTheSameTokens();
    void fingerprintSeesIdsAndProtocol();
    void lossesAreThoseOfTheLogits();
    void strideCountsTheLastPredictions();
    void batchingDoesNotMatter();
    void progressCountsEverything();
    void foreignTokensAreRefused();
    void stopsAtOnce();
    void mamba6mAgreesWithItsReference();
    void mamba6mWithoutUnits();
    void mamba2Has6mToo();
    void latencyIsMeasured();
};

void PerplexityTest::windowsFollowOneAnother()
{
    const auto windows = data::cut(counting(35), "a.txt", {.window = 10});
    QVERIFY(windows.ids.sizes() == at::IntArrayRef({3, 10}));
    QCOMPARE(windows.ids[2][0].item<std::int64_t>(), counting(35)[20]);
    QCOMPARE(windows.calibration.windows, 3);
    QCOMPARE(windows.calibration.tokens, 35);
    QCOMPARE(windows.calibration.text, std::string("a.txt"));
    QCOMPARE(data::cut(counting(35), "", {.window = 10, .maxWindows = 2}).ids.size(0), 2);
}

void PerplexityTest::windowsThatOverlap()
{
    const auto windows = data::cut(counting(35), "", {.window = 10, .stride = 4});
    QCOMPARE(windows.ids.size(0), 7);
    QCOMPARE(windows.ids[6][0].item<std::int64_t>(), counting(35)[24]);
}

void PerplexityTest::badProtocols()
{
    const auto codeOf = [](const WindowProtocol &protocol) {
        return errorOf([&] { data::cut(counting(35), "", protocol); }).code;
    };
    QCOMPARE(codeOf({.window = 1}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.window = 36}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.window = 10, .stride = -1}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.window = 10, .stride = 10}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.window = 10, .maxWindows = -1}), ErrorCode::InvalidArgument);
}

void PerplexityTest::batchesHaveAboutTheSameTokens()
{
    const auto sizes = [](int window, int tokens) {
        std::vector<std::int64_t> result;
        for (const at::Tensor &batch : data::batches(data::cut(counting(tokens), "", {.window = window})))
            result.push_back(batch.size(0));
        return result;
    };
    QVERIFY((sizes(512, 512 * 6) == std::vector<std::int64_t>{4, 2}));
    QVERIFY((sizes(3000, 6000) == std::vector<std::int64_t>{1, 1}));
}

void PerplexityTest::fingerprintSeesIdsAndProtocol()
{
    const auto of = [](int tokens, const WindowProtocol &protocol) {
        return data::cut(counting(tokens), "", protocol).calibration.fingerprint;
    };
    QCOMPARE(of(35, {.window = 10}).size(), std::size_t{64});
    QCOMPARE(of(35, {.window = 10}), of(39, {.window = 10}));
    QVERIFY(of(35, {.window = 10}) != of(45, {.window = 10}));
    QVERIFY(of(35, {.window = 10}) != of(35, {.window = 5, .maxWindows = 6}));
    QVERIFY(of(35, {.window = 10, .maxWindows = 1}) != of(35, {.window = 10, .stride = 5, .maxWindows = 1}));
}

void PerplexityTest::lossesAreThoseOfTheLogits()
{
    const auto model = loaded("mamba");
    const auto windows = data::cut(counting(600), "", {.window = 100});
    const Evaluation evaluation = evaluation::evaluate(*model, windows, {}, {});
    const at::Tensor logits = evaluation::outputs(*model, windows.ids, {}, {}).logits.to(at::kDouble);
    const at::Tensor expected = at::cross_entropy_loss(logits.narrow(1, 0, 99).flatten(0, 1),
                                                       windows.ids.narrow(1, 1, 99).flatten(), {}, at::Reduction::None)
                                    .view({6, 99})
                                    .mean(1);
    QCOMPARE(evaluation.losses.size(), std::size_t{6});
    for (int i = 0; i < 6; ++i)
        QVERIFY(std::abs(evaluation.losses[static_cast<std::size_t>(i)] - expected[i].item<double>()) < 1e-5);
    QVERIFY(std::abs(evaluation.nll.value - expected.mean().item<double>()) < 1e-5);
    QVERIFY(std::abs(evaluation.nll.standardError - expected.std().item<double>() / std::sqrt(6.0)) < 1e-5);
    QCOMPARE(evaluation.perplexity, std::exp(evaluation.nll.value));
    QCOMPARE(evaluation.tokens, 600);
    QCOMPARE(evaluation.provenance.modelFingerprint.size(), std::size_t{64});
}

void PerplexityTest::strideCountsTheLastPredictions()
{
    const auto model = loaded("mamba2");
    const auto windows = data::cut(counting(100), "", {.window = 40, .stride = 15});
    const Evaluation evaluation = evaluation::evaluate(*model, windows, {}, {});
    const at::Tensor logits = evaluation::outputs(*model, windows.ids, {}, {}).logits.to(at::kDouble);
    const at::Tensor expected =
        at::cross_entropy_loss(logits.narrow(1, 24, 15).flatten(0, 1), windows.ids.narrow(1, 25, 15).flatten());
    QCOMPARE(evaluation.losses.size(), std::size_t{5});
    QVERIFY(std::abs(evaluation.nll.value - expected.item<double>()) < 1e-5);
}

void PerplexityTest::batchingDoesNotMatter()
{
    const auto model = loaded("mamba");
    const auto windows = data::cut(counting(6000), "", {.window = 512});
    const Evaluation whole = evaluation::evaluate(*model, windows, {}, {});
    for (std::size_t i = 0; i < whole.losses.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        const at::Tensor alone = windows.ids.narrow(0, row, 1);
        const std::vector<architectures::Removed> nothing(4);
        const auto losses = evaluation::windowLosses(
            *model->network, evaluation::forward(*model->network, alone, nothing, {}), alone, {.window = 512}, {});
        QVERIFY(std::abs(losses.front() - whole.losses[i]) < 1e-5);
    }
}

void PerplexityTest::progressCountsEverything()
{
    const auto model = loaded("mamba");
    Progress last;
    const Run run{.progress = [&](const Progress &progress) { last = progress; }};
    evaluation::evaluate(*model, data::cut(counting(6000), "", {.window = 512}), {{{"ssm:2", ""}, {"block:1", ""}}},
                         run);
    QCOMPARE(last.step, last.steps);
    QCOMPARE(last.steps, 3);
    QVERIFY(std::abs(last.done / last.total - 1) < 1e-9);
}

void PerplexityTest::foreignTokensAreRefused()
{
    const auto model = loaded("mamba");
    const auto windows = data::cut({1, 2, 3, 272, 4}, "b.txt", {.window = 5});
    const Error error = errorOf([&] { evaluation::evaluate(*model, windows, {}, {}); });
    QCOMPARE(error.code, ErrorCode::Mismatch);
    QCOMPARE(error.where, std::string("b.txt"));
}

void PerplexityTest::stopsAtOnce()
{
    const auto model = loaded("mamba");
    std::stop_source source;
    std::chrono::steady_clock::time_point stopped;
    const Run run{.stop = source.get_token(), .progress = [&](const Progress &progress) {
                      if (progress.done > progress.total / 3 && source.request_stop())
                          stopped = std::chrono::steady_clock::now();
                  }};
    const auto windows = data::cut(counting(20000), "", {.window = 512});
    const Error error = errorOf([&] { evaluation::evaluate(*model, windows, {}, run); });
    QCOMPARE(error.code, ErrorCode::Cancelled);
    QVERIFY(std::chrono::steady_clock::now() - stopped < std::chrono::milliseconds(200));
}

void PerplexityTest::mamba6mAgreesWithItsReference()
{
    SKIP_WITHOUT_MODEL("mamba-6m");
    const auto model = loadModel(sharedData("models/mamba-6m"), {}, {});
    const auto expected = reference();
    const double calibration = lossOn(*model, "data/wikitext/wiki.valid.raw", 16, {});
    const double first8 = lossOn(*model, "data/wikitext/wiki.test.raw", 8, {});
    qInfo("calibration %.7f, first windows of the test text %.7f", calibration, first8);
    QVERIFY(std::abs(calibration - expected["calibration_dense_nll"].get<double>()) < 2e-5);
    QVERIFY(std::abs(first8 - expected["hf_first8_nll"].get<double>()) < 2e-5);
}

void PerplexityTest::mamba6mWithoutUnits()
{
    SKIP_WITHOUT_MODEL("mamba-6m");
    const auto model = loadModel(sharedData("models/mamba-6m"), {}, {});
    const auto expected = reference();
    const char *text = "data/wikitext/wiki.valid.raw";
    const double block = lossOn(*model, text, 16, {{{"block:8", ""}}});
    QVERIFY(std::abs(block - expected["block_removed_nll"][8].get<double>()) < 3e-5);
    const double ssm = lossOn(*model, text, 16, {{{"ssm:8", ""}}});
    QVERIFY(std::abs(ssm - expected["ssm_bypassed_nll"][8].get<double>()) < 3e-5);
    const double three = lossOn(*model, text, 16, {{{"block:5", ""}, {"block:10", ""}, {"block:2", ""}}});
    QVERIFY(std::abs(three - expected["greedy_blocks"][2]["calibration_nll"].get<double>()) < 3e-5);
}

void PerplexityTest::mamba2Has6mToo()
{
    SKIP_WITHOUT_MODEL("mamba2-6m");
    const auto exact = loadModel(sharedData("models/mamba2-6m"), {}, {});
    const auto fast = loadModel(sharedData("models/mamba2-6m"), {.dtype = DType::BF16}, {});
    const double loss = lossOn(*exact, "data/wikitext/wiki.valid.raw", 4, {});
    const double rounded = lossOn(*fast, "data/wikitext/wiki.valid.raw", 4, {});
    qInfo("float32 %.5f, bfloat16 %.5f", loss, rounded);
    QVERIFY(loss > 3.5 && loss < 5.5); // a trained model; an untrained one has 8.3
    QVERIFY(std::abs(rounded - loss) < 0.02);
}

void PerplexityTest::latencyIsMeasured()
{
    const auto model = loaded("mamba");
    const BenchReport report =
        evaluation::measureLatency(*model, {.prefill = 64, .decode = 3, .batch = 2, .repeat = 5}, {}, {});
    QVERIFY(report.prefill.median > 0);
    QVERIFY(report.prefill.p10 <= report.prefill.median && report.prefill.median <= report.prefill.p90);
    QVERIFY(std::abs(report.prefill.tokensPerSecond - 128 / report.prefill.median * 1000) < 1e-6);
    QVERIFY(report.decode.median > 0);
    QVERIFY(report.peakMemoryBytes > 1 << 20);
    QVERIFY(!report.device.empty());
    QCOMPARE(evaluation::measureLatency(*model, {.prefill = 8, .decode = 0}, {}, {}).decode, Latency{});
    QCOMPARE(errorOf([&] { evaluation::measureLatency(*model, {.repeat = 0}, {}, {}); }).code,
             ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(PerplexityTest)
#include "tst_perplexity.moc"
