// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/values/search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include <ATen/ATen.h>

#include "core/data/windows.h"
#include "core/evaluation/outputs.h"
#include "core/model.h"
#include "core/pruning/plan_size.h"
#include "core/pruning/race.h"
#include "tests/core/model/search_fixture.h"

using namespace ecdysis;

/// What a search compares, follows and ends by.
class TestSearchRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fixture = std::make_unique<SearchFixture>(); }
    void followsARanking_data();
    void followsARanking();
    void endsAtABound_data();
    void endsAtABound();
    void dividesByWhatIsSaved();
    void aRaceFindsTheSame();
    void countsWhatAStepCosts_data();
    void countsWhatAStepCosts();
    void aBeamIsThatOfBruteForce();
    void floatingPutsBackWhatItShould();
    void measuresDivergence_data();
    void measuresDivergence();
    void namesWhatMakesNoSense_data();
    void namesWhatMakesNoSense();
    void tailOfStudentsT();
    void racersStayUnlessWorse();

private:
    std::unique_ptr<SearchFixture> m_fixture;
    std::vector<SearchStep> m_free; ///< of a search without bounds
};

void TestSearchRules::followsARanking_data()
{
    QTest::addColumn<QString>("ranking");
    for (const char *ranking : {"removal", "block_influence", "magnitude"})
        QTest::newRow(ranking) << ranking;
}

void TestSearchRules::followsARanking()
{
    QFETCH(QString, ranking);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block"}, 3, 4);
    asked.settings.ranking = ranking.toStdString();
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    const std::vector<SearchStep> &steps = found->paths.front().steps;
    std::vector<std::string> expected;
    if (ranking == "removal") {
        std::vector<Candidate> first = steps.front().candidates;
        std::ranges::stable_sort(first, {}, &Candidate::value);
        for (const Candidate &candidate : first)
            expected.push_back(candidate.unit);
    } else {
        const SearchStage &stage = asked.settings.stages.front();
        const auto order = rank(
            model,
            {.score = asked.settings.ranking, .kinds = {"block"}, .text = stage.text, .protocol = stage.protocol}, {});
        VERIFY_RESULT(order);
        for (const RankedUnit &unit : order->units)
            expected.push_back(unit.unit);
    }
    expected.resize(3);
    QCOMPARE(text(unitsOf(*found)), text(expected));
    QCOMPARE(steps[2].candidates.size(), std::size_t{1});
    QCOMPARE(steps[2].losses, m_fixture->evaluated(model, asked, planOf(found->settings, found->paths.front())));
}

void TestSearchRules::endsAtABound_data()
{
    QTest::addColumn<QString>("bound");
    QTest::newRow("parameters") << "parameters";
    QTest::newRow("bytes") << "bytes";
    QTest::newRow("flops") << "flops";
    QTest::newRow("latency") << "latency";
    QTest::newRow("nll") << "nll";
}

void TestSearchRules::endsAtABound()
{
    QFETCH(QString, bound);
    const Model model = m_fixture->load("mamba");
    const SearchRequest asked = m_fixture->request({"block"}, 3);
    if (m_free.empty())
        m_free = search(model, asked, {}, {}).value().paths.front().steps;
    const std::vector<SearchStep> &free = m_free;
    const std::map<QString, double> second = {{"parameters", static_cast<double>(free[1].parameters)},
                                              {"bytes", static_cast<double>(free[1].bytes)},
                                              {"flops", free[1].flopsPerToken},
                                              {"latency", 1e9},
                                              {"nll", std::nextafter(meanOf(free[2].losses), 0)}};
    SearchRequest bounded = asked;
    bounded.settings.bounds = {{bound.toStdString(), second.at(bound)}};
    const auto found = search(model, bounded, {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(found->reason, bound.toStdString());
    const std::size_t taken = bound == "latency" ? 1 : 2; // any latency is below that bound
    QCOMPARE(found->paths.front().steps.size(), taken);
    QVERIFY((found->paths.front().steps.back().milliseconds > 0) == (bound == "latency"));
}

void TestSearchRules::dividesByWhatIsSaved()
{
    const Model model = m_fixture->load("mamba");
    for (const char *per : {"parameter", "byte", "flop"}) {
        SearchRequest asked = m_fixture->request({"block", "ssm"}, 1);
        asked.settings.per = per;
        const auto found = search(model, asked, {}, {});
        VERIFY_RESULT(found);
        const SearchStep &step = found->paths.front().steps.front();
        const double before = meanOf(found->paths.front().starts.front());
        double lowest = std::numeric_limits<double>::infinity();
        std::string first;
        for (const Candidate &candidate : step.candidates) {
            const auto unit = std::ranges::find(model.card().units, candidate.unit, &Unit::id);
            const double saved = per == std::string("parameter") ? static_cast<double>(unit->parameters)
                                 : per == std::string("byte")    ? static_cast<double>(unit->bytes)
                                                                 : unit->flopsPerToken;
            const double rise = meanOf(candidate.losses) - before;
            const double expected = rise > 0 ? rise / saved : rise;
            QVERIFY(std::abs(candidate.value - expected) <= 1e-9 * std::abs(expected));
            if (expected < lowest) {
                lowest = expected;
                first = candidate.unit;
            }
        }
        QCOMPARE(step.unit, first);
    }
}

void TestSearchRules::aRaceFindsTheSame()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block", "ssm"}, 2, 192);
    asked.settings.stages.front().protocol.window = 16; // three batches of a race
    const auto exact = search(model, asked, {}, {});
    asked.settings.race = 0.005;
    const auto raced = search(model, asked, {}, {});
    VERIFY_RESULT(raced);
    QCOMPARE(text(unitsOf(*raced)), text(unitsOf(*exact)));
    std::size_t dropped = 0;
    for (std::size_t step = 0; step < 2; ++step) {
        const SearchStep &fast = raced->paths.front().steps[step], &slow = exact->paths.front().steps[step];
        QVERIFY(std::abs(meanOf(fast.losses) - meanOf(slow.losses)) < 1e-6);
        QVERIFY(fast.evaluations <= slow.evaluations);
        for (std::size_t i = 0; i < fast.candidates.size(); ++i) {
            const auto &part = fast.candidates[i].losses, &whole = slow.candidates[i].losses;
            dropped += part.size() < whole.size();
            for (std::size_t item = 0; item < part.size(); ++item) // the same to rounding, as far as they go
                QVERIFY(std::abs(part[item] - whole[item]) < 1e-6);
        }
    }
    QVERIFY(dropped > 0);
}

void TestSearchRules::countsWhatAStepCosts_data()
{
    QTest::addColumn<bool>("race");
    QTest::newRow("exact") << false;
    QTest::newRow("raced") << true;
}

/// Against what the layers report while they compute, and the sizes of the candidates' plans.
void TestSearchRules::countsWhatAStepCosts()
{
    QFETCH(bool, race);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block", "ssm"}, 2, 192);
    asked.settings.stages.front().protocol.window = 16;
    if (race)
        asked.settings.race = 0.005;
    double computed = 0; // FLOPs, the start's included
    const auto found = search(model, asked, {}, {.progress = [&](const Progress &progress) {
                                  computed = progress.stage == "search" ? progress.done : computed;
                              }});
    VERIFY_RESULT(found);
    const double dense = model.card().flopsPerToken;
    double evaluations = 1;
    Plan plan;
    for (const SearchStep &step : found->paths.front().steps) {
        evaluations += step.evaluations;
        double flops = 0;
        for (const Candidate &candidate : step.candidates)
            flops += pruning::sizeOf(model.state().files, planWith(plan, candidate.unit)).flopsPerToken;
        QVERIFY(std::abs(step.bruteForce - flops / dense) < 1e-9 * step.bruteForce);
        QVERIFY(step.evaluations < step.bruteForce);
        plan = planWith(plan, step.unit);
    }
    QVERIFY(std::abs(computed / (192 * 16 * dense) - evaluations) < 1e-9 * evaluations);
}

void TestSearchRules::aBeamIsThatOfBruteForce()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block", "ssm"}, 2, 4);
    asked.settings.beam = 2;
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    // All pairs that begin with one of the two best units, and the best two of them by sets.
    std::vector<std::pair<double, std::string>> single;
    for (const Unit &unit : model.card().units)
        if (unit.kind == "block" || unit.kind == "ssm")
            single.emplace_back(meanOf(m_fixture->evaluated(model, asked, {{{unit.id, {}}}, {}})), unit.id);
    std::ranges::stable_sort(single, {}, [](const auto &entry) { return entry.first; });
    std::map<std::set<std::string>, double> pairs;
    for (std::size_t i = 0; i < 2; ++i)
        for (const auto &[loss, unit] : single) {
            const Unit one = parseUnitId(single[i].second).value(), other = parseUnitId(unit).value();
            const bool within = one.layer == other.layer && (one.kind == "block" || one.id == other.id);
            if (within)
                continue;
            const Plan plan{{{one.id, {}}, {other.id, {}}}, {}};
            pairs[{one.id, other.id}] = meanOf(m_fixture->evaluated(model, asked, plan));
        }
    std::vector<double> losses;
    for (const auto &[units, loss] : pairs)
        losses.push_back(loss);
    std::ranges::sort(losses);
    QCOMPARE(found->paths.size(), std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i)
        QVERIFY(std::abs(meanOf(found->paths[i].steps.back().losses) - losses[i]) < 1e-6);
}

void TestSearchRules::floatingPutsBackWhatItShould()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block", "ssm"}, 5, 4);
    asked.settings.floating = true;
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    // The losses it records are those of its plans; each return makes a plan of its size better than any before.
    Plan plan;
    std::map<std::size_t, double> best;
    for (const SearchStep &step : found->paths.front().steps) {
        if (step.putBack)
            std::erase_if(plan.removals, [&](const Removal &removal) { return removal.unit == step.unit; });
        else
            plan = planWith(plan, step.unit);
        const auto losses = m_fixture->evaluated(model, asked, plan);
        QCOMPARE(step.losses, losses);
        const std::size_t size = plan.removals.size();
        if (step.putBack)
            QVERIFY(meanOf(losses) < best.at(size));
        best[size] = best.contains(size) ? std::min(best[size], meanOf(losses)) : meanOf(losses);
    }
    QCOMPARE(plan.removals.size(), std::size_t{5});
    // And where nothing came back, nothing would have helped.
    if (std::ranges::none_of(found->paths.front().steps, &SearchStep::putBack))
        for (std::size_t i = 0; i + 1 < plan.removals.size(); ++i) {
            Plan back = plan;
            back.removals.erase(back.removals.begin() + static_cast<std::ptrdiff_t>(i));
            QVERIFY(meanOf(m_fixture->evaluated(model, asked, back)) >= best.at(4));
        }
}

void TestSearchRules::measuresDivergence_data()
{
    QTest::addColumn<int>("stride");
    QTest::newRow("all predictions") << 0;
    QTest::newRow("the last of each window") << 24;
}

void TestSearchRules::measuresDivergence()
{
    QFETCH(int, stride);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block"}, 1, 4);
    asked.settings.objective = "kl";
    SearchStage &stage = asked.settings.stages.front();
    stage.protocol.stride = stride;
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    for (const double divergence : found->paths.front().starts.front())
        QVERIFY(std::abs(divergence) < 1e-6); // of the dense model from itself
    // Against the sum over whole distributions, in double precision.
    const auto ids = data::readWindows(model.card().folder, stage.text, stage.protocol, {}).ids;
    const auto logProbabilities = [&](const Plan &plan) {
        const at::Tensor logits = evaluation::outputs(model.state(), ids, plan, {}).logits.to(at::kDouble);
        const std::int64_t counted = stride > 0 ? stride : ids.size(1) - 1;
        return at::log_softmax(logits.narrow(1, ids.size(1) - 1 - counted, counted), 2);
    };
    const at::Tensor p = logProbabilities({});
    const SearchStep &step = found->paths.front().steps.front();
    for (const Candidate &candidate : step.candidates) {
        const at::Tensor expected =
            (p.exp() * (p - logProbabilities(planWith({}, candidate.unit)))).sum(2).mean(1).contiguous();
        QCOMPARE(candidate.losses.size(), std::size_t{4});
        for (std::int64_t window = 0; window < 4; ++window) {
            const auto index = static_cast<std::size_t>(window);
            QVERIFY(std::abs(candidate.losses[index] - expected[window].item<double>()) < 1e-6);
        }
        QVERIFY(meanOf(candidate.losses) >= meanOf(step.losses));
    }
}

void TestSearchRules::namesWhatMakesNoSense_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"targets", "no targets", "objective", "per", "bound", "race", "race per", "beam", "group"})
        QTest::newRow(what) << what;
}

void TestSearchRules::namesWhatMakesNoSense()
{
    QFETCH(QString, what);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block"}, 1, 2);
    SearchSettings &settings = asked.settings;
    const std::map<QString, std::pair<std::function<void()>, const char *>> faults = {
        {"targets", {[&] { settings.stages.front().targets = {"wheels"}; }, "wheels"}},
        {"no targets", {[&] { settings.stages.front().targets.clear(); }, "none"}},
        {"objective", {[&] { settings.objective = "beauty"; }, "beauty"}},
        {"per", {[&] { settings.per = "acre"; }, "acre"}},
        {"bound",
         {[&] {
              settings.bounds = {{"weight", 1}};
          },
          "weight"}},
        {"race", {[&] { settings.race = 0.7; }, "0.7"}},
        {"race per", {[&] { settings.race = 0.01, settings.per = "flop"; }, "--per flop"}},
        {"beam", {[&] { settings.beam = 0; }, "0 found"}},
        {"group",
         {[&] {
              settings.stages.front().groups = {{"inner_channels", 0}};
          },
          "inner_channels"}}};
    const auto &[commit, named] = faults.at(what);
    commit();
    const auto found = search(model, asked, {}, {});
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(found.error().message.find(named) != std::string::npos, found.error().message.c_str());
}

void TestSearchRules::tailOfStudentsT()
{
    // Quantiles of printed tables: t with P(T > t) = p.
    struct Row
    {
        int freedom;
        double p, t;
    };
    for (const auto &[freedom, p, t] :
         {Row{1, 0.05, 6.313752}, Row{2, 0.05, 2.919986}, Row{3, 0.05, 2.353363}, Row{3, 0.01, 4.540703},
          Row{4, 0.025, 2.776445}, Row{7, 0.01, 2.997952}, Row{15, 0.05, 1.753050}, Row{30, 0.005, 2.749996}})
        QVERIFY(std::abs(pruning::studentTail(t, freedom) - p) < 1e-6);
    QCOMPARE(pruning::studentTail(0, 5), 0.5);
    QVERIFY(std::abs(pruning::studentTail(-2.353363, 3) - 0.95) < 1e-6);
}

void TestSearchRules::racersStayUnlessWorse()
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<std::vector<double>> losses = {
        {1.0, 2.0, 3.0, 4.0},                       // the best
        {1.1, 1.9, 3.2, 3.9},                       // as good as it
        {2.0, 3.1, 4.0, 5.1},                       // worse by the same everywhere
        {nan, 0.0, 0.0, 0.0}, {1.0, 2.0, 3.0, 4.0}, // its twin
        {1.5, 2.5, 3.5, 4.5},                       // worse without spread
    };
    QCOMPARE(pruning::stayInRace(losses, 1000, 0.05), (std::vector<bool>{true, true, false, false, true, false}));
}

QTEST_GUILESS_MAIN(TestSearchRules)
#include "tst_search_rules.moc"
