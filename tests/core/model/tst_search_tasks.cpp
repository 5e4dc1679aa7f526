// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "core/evaluation/item_batches.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/pruning/alternatives.h"
#include "core/pruning/search_objective.h"
#include "core/pruning/search_path.h"
#include "core/values/task_means.h"
#include "tests/core/model/search_fixture.h"

using namespace ecdysis;

namespace {

/// A task of `items` questions with four answers, or of texts with one continuation, in the forms of llm-foundry.
std::string taskOf(std::size_t items, bool choices, std::size_t offset)
{
    const std::string text = pseudoText(4000);
    std::string lines;
    for (std::size_t i = 0; i < items; ++i) {
        const std::string context = text.substr(offset + 31 * i, 5 + 11 * i % 50);
        const auto part = [&](std::size_t k) { return text.substr(offset + 17 * i + 101 * k, 1 + (i + k) % 6); };
        lines +=
            choices
                ? nlohmann::json{{"query", context}, {"choices", {part(1), part(2), "a", "b"}}, {"gold", i % 4}}.dump()
                : nlohmann::json{{"context", context}, {"continuation", part(1)}}.dump();
        lines += "\n";
    }
    return lines;
}

} // namespace

/// Searches by the accuracy on tasks, and those that watch it.
class TestSearchTasks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void errorsAreThoseOfEvaluations_data();
    void errorsAreThoseOfEvaluations();
    void endsBeforeAccuracyFalls_data();
    void endsBeforeAccuracyFalls();
    void goesOnWithTheSameTasksAlone();
    void itemsStayWhole();
    void namesWhatMakesNoSense_data();
    void namesWhatMakesNoSense();

private:
    SearchRequest request(const std::vector<std::string> &targets, int steps) const
    {
        SearchRequest asked = m_fixture->request(targets, steps, 4);
        asked.settings.tasks = {m_fixture->path("choices.jsonl").string(), m_fixture->path("lines.jsonl").string()};
        asked.settings.taskLimit = 20;
        return asked;
    }

    TaskEvaluation evaluated(const Model &model, const SearchRequest &asked, const Plan &plan) const
    {
        const auto &tasks = asked.settings.tasks;
        return evaluateTasks(model, {.files = {tasks.begin(), tasks.end()}, .limit = asked.settings.taskLimit}, plan,
                             {})
            .value();
    }

    std::unique_ptr<SearchFixture> m_fixture;
};

void TestSearchTasks::init()
{
    m_fixture = std::make_unique<SearchFixture>();
    writeTextFile(m_fixture->path("choices.jsonl"), taskOf(23, true, 0)); // three more than are used
    writeTextFile(m_fixture->path("lines.jsonl"), taskOf(7, false, 900));
}

void TestSearchTasks::errorsAreThoseOfEvaluations_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QStringList>("targets");
    QTest::newRow("mamba") << "mamba" << QStringList{"block", "ssm"};
    QTest::newRow("mamba2") << "mamba2" << QStringList{"block", "state"};
}

void TestSearchTasks::errorsAreThoseOfEvaluations()
{
    QFETCH(QString, fixture);
    QFETCH(QStringList, targets);
    SKIP_WITHOUT(testData(fixture.toStdString()) / "model.safetensors");
    const Model model = m_fixture->load(fixture.toStdString());
    SearchRequest asked = request({targets[0].toStdString(), targets[1].toStdString()}, 2);
    asked.settings.objective = "accuracy";
    asked.settings.stages.front().text.clear(); // tasks are enough
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    const auto set = evaluation::readTaskSet(
        model.card().folder,
        {.files = {asked.settings.tasks.begin(), asked.settings.tasks.end()}, .limit = asked.settings.taskLimit}, {});
    QCOMPARE(found->tasksFingerprint, set.fingerprint);
    const auto objective = pruning::objectiveNamed("accuracy").make(model.state(), nullptr, &set, 2048, {});
    Plan plan;
    for (const SearchStep &step : found->paths.front().steps) {
        std::pair<double, double> lowest{2, 0};
        std::string first;
        for (const Candidate &candidate : step.candidates) {
            const Plan without = planWith(plan, candidate.unit);
            const TaskEvaluation tasks = evaluated(model, asked, without);
            QVERIFY(std::abs(candidate.value - (1 - meanAccuracy(tasks.tasks))) < 1e-12);
            double nll = 0; // of the right choices, for each token: a byte, and the space before them
            for (std::size_t task = 0; task < 2; ++task) {
                const auto read = data::readChoiceTask(asked.settings.tasks[task], asked.settings.taskLimit, {});
                double sum = 0;
                for (std::size_t item = 0; item < read.items.size(); ++item) {
                    const std::size_t gold = read.items[item].gold;
                    const auto tokens = static_cast<double>(read.items[item].choices[gold].text.size() + 1);
                    sum -= tasks.tasks[task].answers[item].logLikelihoods[gold] / tokens;
                }
                nll += sum / static_cast<double>(read.items.size()) / 2;
            }
            QVERIFY(std::abs(meanOf(candidate.ties) - nll) < 1e-5);
            // The plan alone, from the embedding on: the same bits.
            const auto applied = pruning::apply(model.state(), without);
            std::vector<double> losses, ties;
            for (std::size_t batch = 0; batch < objective.batches.size(); ++batch) {
                const auto figures = pruning::measurePlan(applied, objective, batch, [](double) {}, {});
                losses.insert(losses.end(), figures.losses.begin(), figures.losses.end());
                ties.insert(ties.end(), figures.ties.begin(), figures.ties.end());
            }
            QCOMPARE(candidate.losses, losses);
            QCOMPARE(candidate.ties, ties);
            if (const std::pair rank{meanOf(losses), meanOf(ties)}; rank < lowest) {
                lowest = rank;
                first = candidate.unit;
            }
        }
        QCOMPARE(step.unit, first);
        plan = planWith(plan, step.unit);
        QVERIFY(std::abs(*step.accuracy - meanAccuracy(evaluated(model, asked, plan).tasks)) < 1e-12);
    }
}

void TestSearchTasks::endsBeforeAccuracyFalls_data()
{
    QTest::addColumn<QString>("objective");
    QTest::newRow("nll") << "nll";
    QTest::newRow("accuracy") << "accuracy";
}

void TestSearchTasks::endsBeforeAccuracyFalls()
{
    QFETCH(QString, objective);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block", "ssm"}, 4);
    asked.settings.objective = objective.toStdString();
    const auto free = search(model, asked, {}, {});
    VERIFY_RESULT(free);
    std::vector<double> accuracies;
    Plan plan;
    for (const SearchStep &step : free->paths.front().steps) {
        plan = planWith(plan, step.unit);
        accuracies.push_back(meanAccuracy(evaluated(model, asked, plan).tasks));
        QVERIFY(std::abs(*step.accuracy - accuracies.back()) < 1e-12);
    }
    for (const double bound : accuracies) // each step's own accuracy is no fall
        for (const double above : {0.0, 1e-6}) {
            asked.settings.bounds = {{"accuracy", bound + above}};
            const auto found = search(model, asked, {}, {});
            VERIFY_RESULT(found);
            std::size_t expected = 0;
            while (expected < accuracies.size() && accuracies[expected] > bound + above - 1e-9)
                ++expected;
            QCOMPARE(found->paths.front().steps.size(), expected);
            QCOMPARE(found->reason, std::string(expected < accuracies.size() ? "accuracy" : "steps"));
        }
}

void TestSearchTasks::goesOnWithTheSameTasksAlone()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block"}, 2);
    asked.settings.objective = "accuracy";
    const auto whole = search(model, asked, {}, {});
    VERIFY_RESULT(whole);
    asked.session = m_fixture->path("search.ecdysis");
    std::stop_source stop;
    int heard = 0;
    const auto listener = [&](const Search &) {
        if (++heard == 4)
            stop.request_stop();
    };
    QVERIFY(!search(model, asked, listener, {.stop = stop.get_token()}));
    const auto continued = search(model, asked, {}, {});
    VERIFY_RESULT(continued);
    QCOMPARE(continued->paths, whole->paths);
    QCOMPARE(readSession(asked.session).value().searches.size(), std::size_t{1});
    QCOMPARE(readSession(asked.session).value().searches.front(), *continued);
    // Another right choice under the same name is another task.
    std::string lines = taskOf(23, true, 0);
    lines.replace(lines.find("\"gold\":0"), 8, "\"gold\":1");
    writeTextFile(m_fixture->path("choices.jsonl"), lines);
    VERIFY_RESULT(search(model, asked, {}, {}));
    QCOMPARE(readSession(asked.session).value().searches.size(), std::size_t{2});
}

void TestSearchTasks::itemsStayWhole()
{
    const Model model = m_fixture->load("mamba");
    const auto set = evaluation::readTaskSet(model.card().folder, {.files = {m_fixture->path("choices.jsonl")}}, {});
    const TaskResult expected = evaluateTasks(model, {.files = {m_fixture->path("choices.jsonl")}}, {}, {})->tasks[0];
    const auto applied = pruning::apply(model.state(), {});
    for (const std::int64_t tokens : {1, 400, 100'000}) {
        std::map<std::size_t, Answer> answers;
        const auto batches = evaluation::itemBatches(set.tokens[0], tokens);
        QVERIFY(tokens > 1 || batches.size() == set.items());
        QVERIFY(tokens < 100'000 || batches.size() == 1);
        for (const evaluation::ItemBatch &batch : batches) {
            QVERIFY(batch.items.size() == 1 || batch.passages.ids.numel() <= tokens);
            const at::Tensor residual = evaluation::forward(*applied.network, batch.passages.ids, applied.removed, {});
            const auto predicted = evaluation::predictionsOf(*applied.network, batch.passages, residual, {});
            const auto judged = evaluation::answersOf(set.tasks[0], batch, predicted);
            for (std::size_t i = 0; i < judged.size(); ++i)
                QVERIFY(answers.emplace(batch.items[i], judged[i]).second);
        }
        QCOMPARE(answers.size(), set.items());
        for (const auto &[item, answer] : answers) {
            QCOMPARE(answer.correct, expected.answers[item].correct);
            for (std::size_t choice = 0; choice < answer.logLikelihoods.size(); ++choice)
                QVERIFY(std::abs(answer.logLikelihoods[choice] - expected.answers[item].logLikelihoods[choice]) < 1e-4);
        }
    }
}

void TestSearchTasks::namesWhatMakesNoSense_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"no tasks", "no text", "race", "bound", "twice", "limit", "order"})
        QTest::newRow(what) << what;
}

void TestSearchTasks::namesWhatMakesNoSense()
{
    QFETCH(QString, what);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block"}, 1);
    SearchSettings &settings = asked.settings;
    settings.objective = "accuracy";
    const std::map<QString, std::pair<std::function<void()>, const char *>> faults = {
        {"no tasks", {[&] { settings.tasks.clear(); }, "tasks to measure accuracy on"}},
        {"no text",
         {[&] { settings.objective = "nll", settings.stages.front().text.clear(); }, "a text to measure nll"}},
        {"race", {[&] { settings.race = 0.01; }, "a race by the losses of windows"}},
        {"bound",
         {[&] { settings.objective = "nll", settings.tasks.clear(), settings.bounds["accuracy"] = 0.5; },
          "accuracy found"}},
        {"twice", {[&] { settings.tasks[1] = settings.tasks[0]; }, "found one again"}},
        {"limit", {[&] { settings.taskLimit = -1; }, "-1"}},
        {"order",
         {[&] { settings.stages.front() = {.targets = {"inner_channels"}, .steps = 1, .order = "activation"}; },
          "text"}}};
    const auto &[commit, named] = faults.at(what);
    commit();
    const auto found = search(model, asked, {}, {});
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(found.error().message.find(named) != std::string::npos, found.error().message.c_str());
}

QTEST_GUILESS_MAIN(TestSearchTasks)
#include "tst_search_tasks.moc"
