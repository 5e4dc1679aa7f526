// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include <QTest>

#include "core/data/recall.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/recall.h"
#include "tests/core/io/temporary.h"
#include "tests/core/model/model_support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;
using data::RecallSequence;
using Ids = std::vector<std::int64_t>;

namespace {

Ids counting(int count)
{
    Ids words;
    for (int i = 0; i < count; ++i)
        words.push_back(100 + 3 * i);
    return words;
}

/// Places of a token, looked for one by one.
Ids places(const Ids &ids, std::int64_t token)
{
    Ids result;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i] == token)
            result.push_back(static_cast<std::int64_t>(i));
    return result;
}

/// Mean loss and share of the likeliest of the answers behind `ids`, in double precision.
std::pair<double, double> bruteForce(const Model::State &model, const Ids &ids, const RecallSequence &sequence)
{
    const at::Tensor logits = evaluation::outputs(model, at::tensor(ids, at::kLong).unsqueeze(0), {}, {}).logits[0];
    const at::Tensor logs = at::log_softmax(logits.to(at::kDouble), 1);
    const auto count = static_cast<double>(sequence.queries.size());
    double nll = 0, right = 0;
    for (std::size_t query = 0; query < sequence.queries.size(); ++query) {
        const at::Tensor row = logs[sequence.queries[query]];
        nll -= row[sequence.answers[query]].item<double>() / count;
        right += row.argmax().item<std::int64_t>() == sequence.answers[query] ? 1 / count : 0;
    }
    return {nll, right};
}

/// A model with a tokenizer of single bytes.
struct ByteModel
{
    ByteModel() { makeTinyModel("mamba", folder.path() / "mamba", 100); }
    std::shared_ptr<const Model::State> load() const { return loadModel(folder.path() / "mamba", {.threads = 1}, {}); }
    TemporaryFolder folder;
};

} // namespace

/// Recall tests: the sequences by counting in them, the figures by single forward passes.
class RecallTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void inductionAsksForWhatStoodOnce();
    void mqarAsksForEveryPair();
    void seedsDecide();
    void wordsAreSingleTokens();
    void figuresAreThoseOfSinglePasses();
    void aPlanStandsBesideTheDenseModel();
    void badRequests();
    void mamba6mWithoutItsStateSpaces();
};

void RecallTest::inductionAsksForWhatStoodOnce()
{
    const Ids words = counting(40);
    std::mt19937_64 random(5);
    for (const int distance : {2, 3, 16, 100})
        for (int i = 0; i < 50; ++i) {
            const RecallSequence sequence = data::inductionSequence(words, distance, random);
            QCOMPARE(sequence.queries, Ids{static_cast<std::int64_t>(sequence.ids.size()) - 1});
            const Ids keys = places(sequence.ids, sequence.ids.back());
            QCOMPARE(keys.size(), std::size_t{2});
            QCOMPARE(keys[1] - keys[0], distance);
            QCOMPARE(places(sequence.ids, sequence.answers[0]), Ids{keys[0] + 1});
            for (const std::int64_t id : sequence.ids)
                QVERIFY(std::ranges::binary_search(words, id));
            Ids control = sequence.control;
            QVERIFY(places(control, sequence.answers[0]).empty());
            control[static_cast<std::size_t>(keys[0]) + 1] = sequence.answers[0];
            QCOMPARE(control, sequence.ids);
        }
}

void RecallTest::mqarAsksForEveryPair()
{
    const Ids words = counting(40);
    std::mt19937_64 random(5);
    std::set<Ids> orders;
    for (const int distance : {2, 5, 16, 40, 200})
        for (int i = 0; i < 50; ++i) {
            const int pairs = data::mqarPairs(distance);
            const RecallSequence sequence = data::mqarSequence(words, distance, pairs, random);
            QCOMPARE(sequence.queries.size(), static_cast<std::size_t>(pairs));
            std::int64_t sum = 0;
            Ids order;
            for (std::size_t query = 0; query < sequence.queries.size(); ++query) {
                const std::int64_t place = sequence.queries[query];
                const Ids keys = places(sequence.ids, sequence.ids[static_cast<std::size_t>(place)]);
                QCOMPARE(keys.size(), std::size_t{2});
                QCOMPARE(keys[1], place);
                QCOMPARE(places(sequence.ids, sequence.answers[query]), (Ids{keys[0] + 1, place + 1}));
                sum += place - keys[0];
                QCOMPARE(places(sequence.control, sequence.answers[query]), Ids{place + 1});
                order.push_back(keys[0]);
            }
            QCOMPARE(sequence.control.size(), sequence.ids.size());
            QCOMPARE(sum, static_cast<std::int64_t>(pairs) * distance);
            orders.insert(order);
        }
    QVERIFY(orders.size() > 50);
    QCOMPARE(data::mqarPairs(2), 1);
    QCOMPARE(data::mqarPairs(16), 4);
    QCOMPARE(data::mqarPairs(512), 8);
}

void RecallTest::seedsDecide()
{
    const auto drawn = [](std::uint64_t seed) {
        std::mt19937_64 random(seed);
        return data::inductionSequence(counting(40), 64, random).ids;
    };
    QCOMPARE(drawn(1), drawn(1));
    QVERIFY(drawn(1) != drawn(2));
}

void RecallTest::wordsAreSingleTokens()
{
    const ByteModel model;
    // Of bytes there are no words: letters and digits.
    const auto bytes = valueOrThrow(io::Tokenizer::open(model.folder.path() / "mamba"));
    Ids expected;
    for (const char c : std::string("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        expected.push_back(c);
    QCOMPARE(data::recallWords(bytes), expected);

    SKIP_WITHOUT(sharedData("models/mamba-6m/tokenizer.json"));
    const auto tokenizer = valueOrThrow(io::Tokenizer::open(sharedData("models/mamba-6m")));
    const Ids words = data::recallWords(tokenizer);
    QVERIFY(words.size() > 100);
    QVERIFY(std::ranges::adjacent_find(words) == words.end());
    QVERIFY(std::ranges::binary_search(words, valueOrThrow(tokenizer.encode(" water", false)).front()));
}

void RecallTest::figuresAreThoseOfSinglePasses()
{
    const ByteModel folder;
    const auto model = folder.load();
    const Ids words = data::recallWords(valueOrThrow(io::Tokenizer::open(model->card().folder)));
    const RecallReport report =
        evaluation::evaluateRecall(*model, {.task = "mqar", .distances = {20}, .examples = 5, .seed = 9}, {}, {});
    QCOMPARE(report.words, 62);
    const RecallPoint &point = report.points.at(0);
    QCOMPARE(point.pairs, 5);
    QVERIFY(point.dense.nll.empty());

    std::seed_seq seed{9U, 0U, 20U};
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < 5; ++i) {
        const RecallSequence sequence = data::mqarSequence(words, 20, 5, random);
        const auto [nll, right] = bruteForce(*model, sequence.ids, sequence);
        QVERIFY(std::abs(point.scores.nll[i] - nll) < 1e-4);
        QVERIFY(std::abs(point.scores.accuracy[i] - right) < 1e-12);
        const double control = bruteForce(*model, sequence.control, sequence).first;
        QVERIFY(std::abs(point.scores.gain[i] - (control - nll)) < 2e-4);
    }
}

void RecallTest::aPlanStandsBesideTheDenseModel()
{
    const ByteModel folder;
    const auto model = folder.load();
    const RecallRequest request{.distances = {4, 30}, .examples = 3};
    const RecallReport dense = evaluation::evaluateRecall(*model, request, {}, {});
    const RecallReport pruned = evaluation::evaluateRecall(*model, request, {{{"ssm:1", ""}}}, {});
    for (std::size_t i = 0; i < 2; ++i) {
        QCOMPARE(pruned.points[i].dense, dense.points[i].scores);
        QVERIFY(pruned.points[i].scores.nll != dense.points[i].scores.nll);
    }
}

void RecallTest::badRequests()
{
    const ByteModel folder;
    const auto model = folder.load();
    const auto codeOf = [&](const RecallRequest &request) {
        return errorOf([&] { evaluation::evaluateRecall(*model, request, {}, {}); }).code;
    };
    QCOMPARE(codeOf({.task = "memory"}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.distances = {}}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.distances = {1}}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.examples = 0}), ErrorCode::InvalidArgument);
}

void RecallTest::mamba6mWithoutItsStateSpaces()
{
    SKIP_WITHOUT(sharedData("models/mamba-6m/tokenizer.json"));
    const auto model = loadModel(sharedData("models/mamba-6m"), {.threads = 1}, {});
    Plan plan;
    for (int layer = 0; layer < model->card().layers; ++layer)
        plan.removals.push_back({"ssm:" + std::to_string(layer), ""});
    const RecallReport report = evaluation::evaluateRecall(*model, {.distances = {64}, .examples = 16}, plan, {});
    const Estimate without = mean(report.points[0].scores.gain), dense = mean(report.points[0].dense.gain);
    qInfo("gain of induction over 64 tokens: %.4f ± %.4f dense, %.4f ± %.4f without state spaces", dense.value,
          dense.standardError, without.value, without.standardError);
    // Convolutions of 4 taps in 12 layers see 37 tokens: what stood further back is of no effect but rounding.
    QVERIFY(std::abs(without.value) < 1e-4);
    QVERIFY(std::abs(dense.value) > 1e-3);
}

QTEST_GUILESS_MAIN(RecallTest)
#include "tst_recall.moc"
