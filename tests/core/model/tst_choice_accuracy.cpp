// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <fstream>

#include <QTest>

#include "core/evaluation/choice_accuracy.h"
#include "core/evaluation/outputs.h"
#include "core/values/task_json.h"
#include "tests/core/io/temporary.h"
#include "tests/core/model/model_support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;
using data::Item;
using evaluation::Passage;
using evaluation::TokenizedTask;

namespace {

/// A tokenizer of bytes.
io::Tokenizer bytes()
{
    const TemporaryFolder folder;
    return valueOrThrow(io::Tokenizer::open(folder.write("tokenizer.json", byteTokenizer())));
}

Item item(const std::string &context, const std::vector<std::string> &choices, std::size_t gold = 0)
{
    Item result{.choices = {}, .gold = gold};
    for (const std::string &choice : choices)
        result.choices.push_back({context, choice});
    return result;
}

constexpr std::size_t itemsOfTask = 12;

/// Items of many lengths, some of whose choices differ in their last byte alone.
data::ChoiceTask manyItems()
{
    data::ChoiceTask task{.name = "many", .items = {}};
    const std::string text = pseudoText(4000);
    for (std::size_t i = 0; i < itemsOfTask; ++i) {
        const std::string context = text.substr(60 * i, 3 + 7 * i % 90);
        task.items.push_back(
            item(context, {text.substr(97 * i, 1 + i % 5), text.substr(41 * i, 1 + i % 23), "a", "b"}, i % 4));
    }
    return task;
}

/// log softmax of the logits of `text` alone, in double precision: (time, vocabulary).
at::Tensor logProbabilities(const Model::State &model, const std::string &text)
{
    std::vector<std::int64_t> ids;
    for (const char c : text)
        ids.push_back(static_cast<unsigned char>(c));
    const at::Tensor logits = evaluation::outputs(model, at::tensor(ids, at::kLong).unsqueeze(0), {}, {}).logits;
    return at::log_softmax(logits[0].to(at::kDouble), 1);
}

/// Of a choice, by itself: the likelihood, and whether each byte is the likeliest.
std::pair<double, bool> bruteForce(const Model::State &model, const data::Choice &choice)
{
    const std::string text = choice.context + choice.continuation();
    const at::Tensor logs = logProbabilities(model, text);
    double sum = 0;
    bool likeliest = true;
    for (std::size_t place = choice.context.size(); place < text.size(); ++place) {
        const at::Tensor row = logs[static_cast<std::int64_t>(place) - 1];
        const auto token = static_cast<std::int64_t>(static_cast<unsigned char>(text[place]));
        sum += row[token].item<double>();
        likeliest = likeliest && row.argmax().item<std::int64_t>() == token;
    }
    return {sum, likeliest};
}

TaskResult measured(const Model::State &model, const data::ChoiceTask &task, const TaskRequest &request = {})
{
    return evaluation::choiceAccuracy(pruning::apply(model, {}), task, bytes(), request, "t", {});
}

} // namespace

/// Zero-shot tasks against single forward passes, and against the figures of the reference implementation.
class ChoiceAccuracyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void likelihoodsAreThoseOfSinglePasses_data();
    void likelihoodsAreThoseOfSinglePasses();
    void batchesDoNotMatter();
    void choicesShareWhatTheyCan();
    void beginningsAreComputedOnce();
    void theBestIsTheFirstOfTheLargest();
    void oneContinuationIsGreedy();
    void longItemsLoseTheirBeginning();
    void emptyTokensAreRefused();
    void badRequests();
    void stopsAtOnce();
    void meansOfTasks();
    void mamba6mAgreesWithItsReference();
};

void ChoiceAccuracyTest::likelihoodsAreThoseOfSinglePasses_data()
{
    QTest::addColumn<QString>("fixture");
    for (const char *fixture : {"mamba", "mamba2", "jamba", "hymba"})
        QTest::newRow(fixture) << fixture;
}

void ChoiceAccuracyTest::likelihoodsAreThoseOfSinglePasses()
{
    QFETCH(QString, fixture);
    const auto model = loaded(fixture.toStdString(), {.threads = 1});
    if (model->network->head().weight.size(0) < 256)
        QSKIP("the vocabulary has no room for bytes");
    const data::ChoiceTask task = manyItems();
    QVERIFY(evaluation::tokenized(task, bytes(), 0, "t", {}).passages.stems.size() > itemsOfTask / 2);
    const TaskResult result = measured(*model, task);
    double correct = 0, correctBytes = 0, worst = 0;
    for (std::size_t i = 0; i < task.items.size(); ++i) {
        std::vector<double> sums, perByte;
        for (const data::Choice &choice : task.items[i].choices) {
            sums.push_back(bruteForce(*model, choice).first);
            perByte.push_back(sums.back() / static_cast<double>(choice.text.size()));
            worst = std::max(worst, std::abs(sums.back() - result.answers[i].logLikelihoods[sums.size() - 1]));
        }
        const auto first = [](const std::vector<double> &v) { return std::ranges::max_element(v) - v.begin(); };
        correct += first(sums) == static_cast<std::ptrdiff_t>(i % 4) ? 1 : 0;
        correctBytes += first(perByte) == static_cast<std::ptrdiff_t>(i % 4) ? 1 : 0;
    }
    qInfo("%.2g nats at most", worst);
    QVERIFY(worst < 1e-3);
    QCOMPARE(result.accuracy.value, correct / itemsOfTask);
    QCOMPARE(result.accuracyBytes.value, correctBytes / itemsOfTask);
    QCOMPARE(result.accuracyNorm, result.accuracyBytes); // bytes of ASCII are characters
    const double p = correct / itemsOfTask;              // of a sample of zeros and ones
    QVERIFY(std::abs(result.accuracy.standardError - std::sqrt(p * (1 - p) / (itemsOfTask - 1))) < 1e-12);
    QVERIFY(std::isnan(result.perplexity));
}

void ChoiceAccuracyTest::batchesDoNotMatter()
{
    const auto model = loaded("mamba", {.threads = 1});
    data::ChoiceTask task = manyItems();
    const TaskResult usual = measured(*model, task);
    for (const int tokens : {1, 100, 5000}) {
        TaskResult other = measured(*model, task, {.batchTokens = tokens});
        double worst = 0;
        for (std::size_t i = 0; i < task.items.size(); ++i)
            for (std::size_t j = 0; j < 4; ++j) {
                const double found = other.answers[i].logLikelihoods[j];
                worst = std::max(worst, std::abs(found - usual.answers[i].logLikelihoods[j]));
            }
        qInfo("batches of %d tokens: %.2g nats at most", tokens, worst);
        QVERIFY(worst < 2e-4);
        QCOMPARE(other.accuracy, usual.accuracy);
        QCOMPARE(other.accuracyNorm, usual.accuracyNorm);
    }
    // Other items beside it, or none.
    task.items.resize(7);
    const TaskResult few = measured(*model, task);
    for (std::size_t i = 0; i < task.items.size(); ++i)
        for (std::size_t j = 0; j < 4; ++j)
            QVERIFY(std::abs(few.answers[i].logLikelihoods[j] - usual.answers[i].logLikelihoods[j]) < 2e-4);
}

void ChoiceAccuracyTest::choicesShareWhatTheyCan()
{
    const data::ChoiceTask task{"t",
                                {item("abc", {"x", "y"}), item("abc", {"x", "yes", "xz"}), item("q", {"long one"})}};
    const TokenizedTask tokens = evaluation::tokenized(task, bytes(), 0, "t", {});
    QCOMPARE(tokens.passages.all.size(), std::size_t{4});
    // "abc " for x and y; "abc ye" for x and yes; "abc x" for xz: none begins with another.
    QCOMPARE(tokens.passages.all[0].ids.size(), std::size_t{4});
    QVERIFY(
        (tokens.passages.all[0].targets == std::vector<evaluation::Target>{{2, ' '}, {3, 'x'}, {2, ' '}, {3, 'y'}}));
    QCOMPARE(tokens.items[0][1].first, std::size_t{2});
    QCOMPARE(tokens.items[1][0].passage, tokens.items[1][1].passage);
    QCOMPARE(tokens.passages.all[tokens.items[1][2].passage].ids, (std::vector<std::int64_t>{'a', 'b', 'c', ' ', 'x'}));
    QCOMPARE(tokens.tokensUnshared, 4 + 4 + 4 + 6 + 5 + 9);
    QCOMPARE(tokens.passages.tokens(), 4 + 6 + 5 + 9);
}

/// Where that is less work: lengths are filled up to multiples of 16.
void ChoiceAccuracyTest::beginningsAreComputedOnce()
{
    const auto passagesOf = [](std::size_t context, const std::vector<std::string> &choices) {
        const data::ChoiceTask task{"t", {item("q", {"x"}), item(std::string(context, 'c'), choices)}};
        return evaluation::tokenized(task, bytes(), 0, "t", {}).passages;
    };
    // 64 + 16 + 16 places instead of 64 + 64; the first byte behind the context is asked for.
    const evaluation::Passages shared = passagesOf(50, {"xyz", "yes, it is"});
    QCOMPARE(shared.stems, (std::vector{evaluation::Stem{1, 2, 49}}));
    QCOMPARE(shared.tokens(), 2 + 49 + 4 + 11);
    QVERIFY(passagesOf(10, {"xyz", "yes, it is"}).stems.empty()); // 16 + 16 + 16 instead of 16 + 16
    QVERIFY(passagesOf(50, {"xyz"}).stems.empty());

    data::ChoiceTask apart{"t", {item(std::string(60, 'c'), {"xyz", "yes"})}};
    apart.items[0].choices[1].context.front() = 'd';
    QVERIFY(evaluation::tokenized(apart, bytes(), 0, "t", {}).passages.stems.empty());
}

void ChoiceAccuracyTest::theBestIsTheFirstOfTheLargest()
{
    const auto model = loaded("mamba", {.threads = 1});
    const TaskResult result = measured(*model, {"t", {item("abc", {"x", "x"}, 0), item("abc", {"x", "x"}, 1)}});
    QVERIFY(result.answers[0].correct && result.answers[0].correctNorm && result.answers[0].correctBytes);
    QVERIFY(!result.answers[1].correct && !result.answers[1].correctNorm && !result.answers[1].correctBytes);
}

void ChoiceAccuracyTest::oneContinuationIsGreedy()
{
    const auto model = loaded("mamba", {.threads = 1});
    // A word of which some bytes are the likeliest, others not.
    data::ChoiceTask task{"t", {}};
    double sum = 0;
    std::vector<bool> likeliest;
    for (std::size_t i = 0; i < 30; ++i) {
        task.items.push_back(item(pseudoText(20 + i), {std::string(1, static_cast<char>('a' + i % 26))}));
        const auto [logLikelihood, all] = bruteForce(*model, task.items.back().choices.front());
        sum += logLikelihood;
        likeliest.push_back(all);
    }
    const TaskResult result = measured(*model, task);
    for (std::size_t i = 0; i < likeliest.size(); ++i)
        QCOMPARE(result.answers[i].correct, static_cast<bool>(likeliest[i]));
    QVERIFY(std::abs(std::log(result.perplexity) + sum / 30) < 1e-4);
    QVERIFY(std::isnan(result.accuracyNorm.value) && std::isnan(result.accuracyBytes.value));

    // What the model says itself is right.
    const at::Tensor logs = logProbabilities(*model, "abc");
    const at::Tensor head = model->network->head().weight;
    std::vector<std::int64_t> ids{'a', 'b', 'c', logs[2].argmax().item<std::int64_t>()};
    const Passage passage{{ids.begin(), ids.end() - 1}, {{2, ids[3]}, {2, (ids[3] + 1) % 256}}};
    const auto predicted = evaluation::predict(pruning::apply(*model, {}), {{passage}, {}}, 64, "", "", {});
    QVERIFY(predicted[0][0].likeliest && !predicted[0][1].likeliest);
    QVERIFY(std::abs(predicted[0][0].negativeLogLikelihood + logs[2].max().item<double>()) < 1e-4);
}

void ChoiceAccuracyTest::longItemsLoseTheirBeginning()
{
    const data::ChoiceTask task{"t", {item("abcdef", {"xyz"})}};
    const auto cut = evaluation::tokenized(task, bytes(), 6, "t", {});
    QCOMPARE(cut.passages.all[0].ids, (std::vector<std::int64_t>{'d', 'e', 'f', ' ', 'x', 'y'}));
    QCOMPARE(cut.items[0][0].count, std::size_t{4});
    // The continuation itself is longer than what may be seen: as much of it as there is room for.
    const auto little = evaluation::tokenized(task, bytes(), 2, "t", {});
    QCOMPARE(little.passages.all[0].ids, (std::vector<std::int64_t>{'x', 'y'}));
    QVERIFY((little.passages.all[0].targets == std::vector<evaluation::Target>{{0, 'y'}, {1, 'z'}}));
}

void ChoiceAccuracyTest::emptyTokensAreRefused()
{
    const Error error = errorOf([&] {
        evaluation::tokenized({"t", {item("a", {"b"}), item("", {"b"})}}, bytes(), 0, "f.jsonl", {});
    });
    QCOMPARE(error.code, ErrorCode::BadFormat);
    QCOMPARE(error.where, std::string("f.jsonl, item 2"));
}

void ChoiceAccuracyTest::badRequests()
{
    const auto model = loaded("mamba", {.threads = 1});
    const auto codeOf = [&](const TaskRequest &request) {
        return errorOf([&] { evaluation::evaluateTasks(*model, request, {}, {}); }).code;
    };
    const TemporaryFolder folder;
    const auto file = folder.write("t.jsonl", R"({"text": "a b"})");
    QCOMPARE(codeOf({}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.files = {file}, .limit = -1}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.files = {file}, .batchTokens = 0}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.files = {file, file}}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.files = {folder.path() / "none"}}), ErrorCode::NotFound);
}

void ChoiceAccuracyTest::stopsAtOnce()
{
    const auto model = loaded("mamba", {.threads = 1});
    std::stop_source source;
    int steps = 0;
    const Run run{.stop = source.get_token(), .progress = [&](const Progress &progress) {
                      steps = progress.steps;
                      if (progress.step > 3)
                          source.request_stop();
                  }};
    const Error error = errorOf([&] {
        evaluation::choiceAccuracy(pruning::apply(*model, {}), manyItems(), bytes(), {.batchTokens = 64}, "t", run);
    });
    QCOMPARE(error.code, ErrorCode::Cancelled);
    QVERIFY(steps > static_cast<int>(itemsOfTask));
}

void ChoiceAccuracyTest::meansOfTasks()
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    std::vector<TaskResult> tasks;
    const auto add = [&](const char *name, double accuracy, double norm) {
        tasks.push_back({.name = name, .accuracy = {accuracy, 0}, .accuracyNorm = {norm, 0}});
    };
    add("hellaswag_val_full", 0.1, 0.2);
    add("piqa", 0.3, 0.4);
    add("arc_easy", 0.5, 0.7);
    add("arc-challenge", 0.2, 0.3);
    add("winogrande", 0.6, 0.1);
    QVERIFY(std::abs(meanAccuracy(tasks) - 1.7 / 5) < 1e-12);
    QVERIFY(!publishedMean(tasks, shedder7));
    QVERIFY(std::abs(publishedMean(tasks, shedder5).value() - 1.7 / 5) < 1e-12);
    add("openbook_qa", 0.4, 0.8);
    add("lambada_openai", 0.9, none);
    QVERIFY(std::abs(publishedMean(tasks, shedder7).value() - (0.2 + 0.4 + 0.5 + 0.3 + 0.6 + 0.8 + 0.9) / 7) < 1e-12);
    QVERIFY(std::abs(meanAccuracyNorm(tasks) - (0.2 + 0.4 + 0.7 + 0.3 + 0.1 + 0.8 + 0.9) / 7) < 1e-12);
    const nlohmann::json object = TaskEvaluation{.tasks = tasks, .provenance = {}, .planFingerprint = {}};
    QVERIFY(object.at("tasks").at("lambada_openai").at("accuracy_norm").is_null());
    QVERIFY(std::abs(object.at("shedder7").get<double>() - publishedMean(tasks, shedder7).value()) < 1e-12);
}

void ChoiceAccuracyTest::mamba6mAgreesWithItsReference()
{
    SKIP_WITHOUT(sharedData("models/mamba-6m/reference.tasks.json"));
    SKIP_WITHOUT(sharedData("data/eval/copa.jsonl"));
    const auto model = loadModel(sharedData("models/mamba-6m"), {.threads = 1}, {});
    const auto expected =
        nlohmann::json::parse(std::ifstream(sharedData("models/mamba-6m/reference.tasks.json"))).at("tasks");
    const auto agrees = [&](const TaskResult &task, const std::string &name) {
        const auto first = expected.at(name).at("first_item_loglik").get<std::vector<double>>();
        const auto &found = task.answers.front().logLikelihoods;
        return std::ranges::equal(found, first, [](double a, double b) { return std::abs(a - b) < 1e-3; });
    };
    std::vector<std::filesystem::path> files;
    for (const char *name : {"arc_easy", "arc_challenge", "piqa", "openbook_qa", "winogrande", "copa"})
        files.push_back(sharedData(std::string("data/eval/") + name + ".jsonl"));
    for (const TaskResult &task : evaluation::evaluateTasks(*model, {.files = files, .limit = 1}, {}, {}).tasks)
        QVERIFY2(agrees(task, task.name), task.name.c_str());
    const TaskRequest hellaswag{.files = {sharedData("data/eval/hellaswag_val_full.txt.bz2")}, .limit = 1};
    QVERIFY(agrees(evaluation::evaluateTasks(*model, hellaswag, {}, {}).tasks.front(), "hellaswag"));

    const auto copa = evaluation::evaluateTasks(*model, {.files = {sharedData("data/eval/copa.jsonl")}}, {}, {});
    QCOMPARE(copa.tasks.front().accuracy.value, expected.at("copa").at("accuracy").get<double>());
    QCOMPARE(copa.tasks.front().accuracyNorm.value, expected.at("copa").at("accuracy_norm").get<double>());
}

QTEST_GUILESS_MAIN(ChoiceAccuracyTest)
#include "tst_choice_accuracy.moc"
