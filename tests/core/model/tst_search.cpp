// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/values/search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "core/pruning/race.h"
#include "tests/core/model/scan_fixture.h"

using namespace ecdysis;

/// Searches against separate evaluations of every candidate, and the published rules of the greedy one.
class TestSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fixture = std::make_unique<ScanFixture>(); }
    void equalsBruteForce_data();
    void equalsBruteForce();
    void narrowsWidthsFromTheirEnd();
    void sortsWidthsBeforeTheyGetSmaller();
    void followsARanking_data();
    void followsARanking();
    void leavesWhatOthersNeed();
    void goesThroughStages();
    void endsAtABound_data();
    void endsAtABound();
    void dividesByWhatIsSaved();
    void aRaceFindsTheSame();
    void aBeamIsThatOfBruteForce();
    void floatingPutsBackWhatItShould();
    void measuresDivergence();
    void goesOnWhereItWasStopped_data();
    void goesOnWhereItWasStopped();
    void namesWhatMakesNoSense_data();
    void namesWhatMakesNoSense();
    void tailOfStudentsT();
    void racersStayUnlessWorse();
    void stopsWithin200Milliseconds();
    void agreesWithReferenceFigures_data();
    void agreesWithReferenceFigures();

private:
    SearchRequest request(std::vector<std::string> targets, int steps, int windows = 20) const
    {
        SearchStage stage{.targets = std::move(targets),
                          .steps = steps,
                          .text = m_fixture->path("text.txt").string(),
                          .protocol = {.window = 64, .maxWindows = windows}};
        return {.settings = {.stages = {std::move(stage)}}, .session = {}};
    }

    std::vector<double> evaluated(const Model &model, const SearchRequest &asked, const Plan &plan) const
    {
        const SearchStage &stage = asked.settings.stages.front();
        return evaluate(model, stage.text, stage.protocol, plan, {}).value().losses;
    }

    std::unique_ptr<ScanFixture> m_fixture;
};

namespace {

double meanOf(const std::vector<double> &losses)
{
    return mean(losses).value;
}

Plan planWith(Plan plan, const std::string &unit)
{
    plan.removals.push_back({unit, {}});
    return plan;
}

std::vector<std::string> unitsOf(const Search &search)
{
    std::vector<std::string> units;
    for (const Removal &removal : planOf(search.settings, search.paths.front()).removals)
        units.push_back(removal.unit);
    return units;
}

QString text(const std::vector<std::string> &units)
{
    QStringList list;
    for (const std::string &unit : units)
        list << QString::fromStdString(unit);
    return list.join(' ');
}

} // namespace

void TestSearch::equalsBruteForce_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QStringList>("targets");
    QTest::addColumn<qint64>("prefixBytes");
    QTest::newRow("mamba") << "mamba" << QStringList{"block", "ssm"} << (qint64{1} << 30);
    QTest::newRow("no prefix kept") << "mamba" << QStringList{"block", "ssm"} << qint64{0};
    QTest::newRow("mamba2") << "mamba2" << QStringList{"block", "ssm", "state"} << (qint64{1} << 30);
    QTest::newRow("jamba") << "jamba" << QStringList{"attention", "mlp", "mamba", "experts"} << (qint64{1} << 30);
    QTest::newRow("zamba2") << "zamba2" << QStringList{"transformer", "mamba", "mlp_channels"} << (qint64{1} << 30);
    QTest::newRow("hymba") << "hymba" << QStringList{"attention", "ssm", "attention_heads"} << (qint64{1} << 30);
}

void TestSearch::equalsBruteForce()
{
    QFETCH(QString, fixture);
    QFETCH(QStringList, targets);
    QFETCH(qint64, prefixBytes);
    SKIP_WITHOUT(testData(fixture.toStdString()) / "model.safetensors");
    const Model model = m_fixture->load(fixture.toStdString());
    std::vector<std::string> kinds;
    for (const QString &kind : targets)
        kinds.push_back(kind.toStdString());
    SearchRequest asked = request(kinds, 3);
    asked.prefixBytes = prefixBytes;
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(found->reason, std::string("steps"));
    QCOMPARE(found->paths.front().steps.size(), std::size_t{3});
    QCOMPARE(found->paths.front().starts.front(), evaluated(model, asked, {}));

    Plan plan;
    for (const SearchStep &step : found->paths.front().steps) {
        QVERIFY(step.candidates.size() > 1);
        double lowest = std::numeric_limits<double>::infinity();
        std::string first;
        for (const Candidate &candidate : step.candidates) {
            const auto losses = evaluated(model, asked, planWith(plan, candidate.unit));
            QVERIFY2(losses == candidate.losses, candidate.unit.c_str()); // to the bit
            QCOMPARE(candidate.value, meanOf(losses));
            if (meanOf(losses) < lowest) {
                lowest = meanOf(losses);
                first = candidate.unit;
            }
        }
        QCOMPARE(step.unit, first);
        plan = planWith(plan, step.unit);
        QCOMPARE(step.losses, evaluated(model, asked, plan));
    }
}

void TestSearch::narrowsWidthsFromTheirEnd()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"inner_channels"}, 5);
    const auto width =
        std::ranges::find_if(model.card().widths, [](const Width &w) { return w.kind == "inner_channels"; });
    asked.settings.stages.front().groups = {{"inner_channels", width->size / 4}};
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    std::map<int, std::int64_t> left;
    for (const SearchStep &step : found->paths.front().steps) {
        std::set<int> layers;
        for (const Candidate &candidate : step.candidates) {
            const Unit unit = parseUnitId(candidate.unit).value();
            QVERIFY(layers.insert(unit.layer).second); // one candidate a width
            const std::int64_t size = left.contains(unit.layer) ? left.at(unit.layer) : width->size;
            QCOMPARE(unit.to, size - 1);
            QCOMPARE(unit.to - unit.from + 1, width->size / 4);
        }
        const Unit gone = parseUnitId(step.unit).value();
        left[gone.layer] = gone.from;
    }
    // What is left of the parameters is what a model without these channels has.
    std::int64_t lost = 0;
    for (const std::string &id : unitsOf(*found)) {
        const Unit unit = parseUnitId(id).value();
        for (const Unit &listed : model.card().units)
            if (listed.kind == unit.kind && listed.layer == unit.layer && unit.from <= listed.from &&
                listed.to <= unit.to)
                lost += listed.parameters;
    }
    QCOMPARE(found->paths.front().steps.back().parameters, model.card().parameters - lost);
}

void TestSearch::sortsWidthsBeforeTheyGetSmaller()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"inner_channels"}, 2, 4);
    SearchStage &stage = asked.settings.stages.front();
    stage.order = "magnitude";
    stage.groups = {{"inner_channels", 8}};
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    const Plan plan = planOf(found->settings, found->paths.front());
    QCOMPARE(plan.orders.size(), static_cast<std::size_t>(model.card().layers));
    // Channels by the sum of the magnitudes that go with them, from a ranking of single ones.
    const auto single = rank(model, {.score = "magnitude", .kinds = {"inner_channels"}, .group = 1}, {});
    VERIFY_RESULT(single);
    for (const EntryOrder &order : plan.orders) {
        std::vector<std::int64_t> expected;
        for (const RankedUnit &unit : single->units)
            if (unit.layer == order.layer)
                expected.insert(expected.begin(), parseUnitId(unit.unit)->from);
        QCOMPARE(order.entries.size(), expected.size());
        QVERIFY(std::equal(order.entries.end() - 16, order.entries.end(), expected.end() - 16));
    }
    // The same plan with its channels named as they are stored.
    Plan stored;
    for (const SearchStep &step : found->paths.front().steps) {
        const Unit unit = parseUnitId(step.unit).value();
        const auto order = std::ranges::find(plan.orders, unit.layer, &EntryOrder::layer);
        for (std::int64_t entry = unit.from; entry <= unit.to; ++entry) {
            const std::int64_t channel = order->entries[static_cast<std::size_t>(entry)];
            stored.removals.push_back({unitId(unit.kind, unit.layer, channel, channel), {}});
        }
        QCOMPARE(evaluated(model, asked, stored), step.losses);
    }
}

void TestSearch::followsARanking_data()
{
    QTest::addColumn<QString>("ranking");
    for (const char *ranking : {"removal", "block_influence", "magnitude"})
        QTest::newRow(ranking) << ranking;
}

void TestSearch::followsARanking()
{
    QFETCH(QString, ranking);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block"}, 3, 4);
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
    QCOMPARE(steps[2].losses, evaluated(model, asked, planOf(found->settings, found->paths.front())));
}

void TestSearch::leavesWhatOthersNeed()
{
    SKIP_WITHOUT(testData("hymba") / "model.safetensors");
    const Model model = m_fixture->load("hymba");
    const auto found = search(model, request({"block", "attention"}, 0), {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(found->reason, std::string("candidates"));
    // Each plan on the way can be evaluated: keys that later layers read are never gone before them.
    Plan plan;
    for (const SearchStep &step : found->paths.front().steps) {
        plan = planWith(plan, step.unit);
        QCOMPARE(evaluated(model, request({}, 0), plan), step.losses);
    }
    for (int layer = 0; layer < model.card().layers; ++layer)
        QVERIFY(std::ranges::count(unitsOf(*found), unitId("block", layer)) == 1);
}

void TestSearch::goesThroughStages()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block"}, 1);
    SearchStage second = asked.settings.stages.front();
    second.targets = {"ssm"};
    second.steps = 2;
    second.protocol = {.window = 32, .maxWindows = 8, .draw = 7};
    asked.settings.stages.push_back(second);
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    const SearchPath &path = found->paths.front();
    QCOMPARE(path.steps.size(), std::size_t{3});
    QCOMPARE(path.steps[0].stage, 0);
    QCOMPARE(path.steps[2].stage, 1);
    QCOMPARE(found->calibrations[1].windows, 8);
    // The second stage starts from what the first left, on its own windows.
    const Plan first{{{path.steps[0].unit, {}}}, {}};
    QCOMPARE(path.starts[1], evaluate(model, second.text, second.protocol, first, {}).value().losses);
    const int gone = parseUnitId(path.steps[0].unit)->layer;
    for (const Candidate &candidate : path.steps[1].candidates)
        QVERIFY(parseUnitId(candidate.unit)->layer != gone); // the SSM of a removed block is no candidate
}

void TestSearch::endsAtABound_data()
{
    QTest::addColumn<QString>("bound");
    QTest::newRow("parameters") << "parameters";
    QTest::newRow("bytes") << "bytes";
    QTest::newRow("flops") << "flops";
    QTest::newRow("latency") << "latency";
    QTest::newRow("nll") << "nll";
}

void TestSearch::endsAtABound()
{
    QFETCH(QString, bound);
    const Model model = m_fixture->load("mamba");
    const SearchRequest asked = request({"block"}, 3);
    const auto free = search(model, asked, {}, {}).value().paths.front().steps;
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

void TestSearch::dividesByWhatIsSaved()
{
    const Model model = m_fixture->load("mamba");
    for (const char *per : {"parameter", "byte", "flop"}) {
        SearchRequest asked = request({"block", "ssm"}, 1);
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

void TestSearch::aRaceFindsTheSame()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block", "ssm"}, 2, 128); // four batches
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

void TestSearch::aBeamIsThatOfBruteForce()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block", "ssm"}, 2, 4);
    asked.settings.beam = 2;
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    // All pairs that begin with one of the two best units, and the best two of them by sets.
    std::vector<std::pair<double, std::string>> single;
    for (const Unit &unit : model.card().units)
        if (unit.kind == "block" || unit.kind == "ssm")
            single.emplace_back(meanOf(evaluated(model, asked, {{{unit.id, {}}}, {}})), unit.id);
    std::ranges::stable_sort(single, {}, [](const auto &entry) { return entry.first; });
    std::map<std::set<std::string>, double> pairs;
    for (std::size_t i = 0; i < 2; ++i)
        for (const auto &[loss, unit] : single) {
            const Unit one = parseUnitId(single[i].second).value(), other = parseUnitId(unit).value();
            const bool within = one.layer == other.layer && (one.kind == "block" || one.id == other.id);
            if (within)
                continue;
            const Plan plan{{{one.id, {}}, {other.id, {}}}, {}};
            pairs[{one.id, other.id}] = meanOf(evaluated(model, asked, plan));
        }
    std::vector<double> losses;
    for (const auto &[units, loss] : pairs)
        losses.push_back(loss);
    std::ranges::sort(losses);
    QCOMPARE(found->paths.size(), std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i)
        QVERIFY(std::abs(meanOf(found->paths[i].steps.back().losses) - losses[i]) < 1e-6);
}

void TestSearch::floatingPutsBackWhatItShould()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block", "ssm"}, 5, 4);
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
        const auto losses = evaluated(model, asked, plan);
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
            QVERIFY(meanOf(evaluated(model, asked, back)) >= best.at(4));
        }
}

void TestSearch::measuresDivergence()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block"}, 1, 4);
    asked.settings.objective = "kl";
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    for (const double divergence : found->paths.front().starts.front())
        QVERIFY(std::abs(divergence) < 1e-6); // of the dense model from itself
    const SearchStep &step = found->paths.front().steps.front();
    for (const Candidate &candidate : step.candidates)
        QVERIFY(meanOf(candidate.losses) >= meanOf(step.losses));
    QVERIFY(meanOf(step.losses) > 0);
}

void TestSearch::goesOnWhereItWasStopped_data()
{
    QTest::addColumn<int>("growths");
    QTest::addColumn<bool>("floating");
    for (const int growths : {1, 2, 3, 5, 8})
        QTest::addRow("%d", growths) << growths << false;
    QTest::newRow("floating") << 9 << true;
}

void TestSearch::goesOnWhereItWasStopped()
{
    QFETCH(int, growths);
    QFETCH(bool, floating);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block", "ssm"}, 4, 64);
    asked.settings.floating = floating;
    const auto whole = search(model, asked, {}, {});
    VERIFY_RESULT(whole);
    asked.session = m_fixture->path("search.ecdysis");
    std::stop_source stop;
    int heard = 0;
    const auto listener = [&](const Search &) {
        if (++heard == growths)
            stop.request_stop();
    };
    const auto stopped = search(model, asked, listener, {.stop = stop.get_token()});
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    int more = 0;
    const auto continued = search(model, asked, [&](const Search &) { ++more; }, {});
    VERIFY_RESULT(continued);
    QVERIFY2(continued->paths == whole->paths, qPrintable(text(unitsOf(*continued))));
    QCOMPARE(readSession(asked.session).value().searches.size(), std::size_t{1});
    const auto again = search(model, asked, {}, {});
    VERIFY_RESULT(again);
    QCOMPARE(again->paths, continued->paths);
}

void TestSearch::namesWhatMakesNoSense_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"targets", "no targets", "objective", "per", "bound", "race", "race per", "beam", "group"})
        QTest::newRow(what) << what;
}

void TestSearch::namesWhatMakesNoSense()
{
    QFETCH(QString, what);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request({"block"}, 1, 2);
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

void TestSearch::tailOfStudentsT()
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

void TestSearch::racersStayUnlessWorse()
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

void TestSearch::stopsWithin200Milliseconds()
{
    const Model model = m_fixture->load("mamba");
    std::stop_source stop;
    std::chrono::steady_clock::time_point asked;
    const auto listener = [&](const Search &search) {
        if (search.paths.front().steps.size() == 1 && !stop.stop_requested()) {
            asked = std::chrono::steady_clock::now();
            stop.request_stop();
        }
    };
    const auto found = search(model, request({"block", "ssm"}, 3), listener, {.stop = stop.get_token()});
    QVERIFY(!found && found.error().code == ErrorCode::Cancelled);
    QVERIFY(std::chrono::steady_clock::now() - asked < std::chrono::milliseconds(200));
}

void TestSearch::agreesWithReferenceFigures_data()
{
    QTest::addColumn<QStringList>("targets");
    QTest::addColumn<QStringList>("units");
    QTest::addColumn<QList<double>>("losses");
    // Of the reference implementation, in float32 on a GPU: greedy removal on the first 16 windows of WikiText's
    // validation text.
    QTest::newRow("blocks") << QStringList{"block"}
                            << QStringList{"block:5", "block:10", "block:2", "block:7", "block:1", "block:4"}
                            << QList<double>{4.513638, 4.680232, 4.853224, 5.083280, 5.392947, 5.841278};
    QTest::newRow("SSMs") << QStringList{"ssm"} << QStringList{"ssm:11", "ssm:2", "ssm:4", "ssm:10", "ssm:5", "ssm:3"}
                          << QList<double>{4.544390, 4.550822, 4.556881, 4.568880, 4.585101, 4.604296};
    QTest::newRow("both") << QStringList{"block", "ssm"} << QStringList{"block:5", "ssm:11", "ssm:10"}
                          << QList<double>{4.513638, 4.521600, 4.532399};
}

void TestSearch::agreesWithReferenceFigures()
{
    QFETCH(QStringList, targets);
    QFETCH(QStringList, units);
    QFETCH(QList<double>, losses);
    const auto shared = std::filesystem::path(ECDYSIS_SHARED);
    SKIP_WITHOUT(shared / "models/mamba-6m/model.safetensors");
    SKIP_WITHOUT(shared / "data/wikitext/wiki.valid.raw");
    const auto model = load(shared / "models/mamba-6m", {.threads = 2}, {});
    VERIFY_RESULT(model);
    SearchStage stage{.targets = {},
                      .steps = static_cast<int>(units.size()),
                      .text = (shared / "data/wikitext/wiki.valid.raw").string(),
                      .protocol = {.window = 512, .maxWindows = 16}};
    for (const QString &kind : targets)
        stage.targets.push_back(kind.toStdString());
    const auto found = search(*model, {.settings = {.stages = {stage}}, .session = {}}, {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(text(unitsOf(*found)), units.join(' '));
    for (qsizetype i = 0; i < losses.size(); ++i)
        QVERIFY(std::abs(meanOf(found->paths.front().steps[static_cast<std::size_t>(i)].losses) - losses[i]) < 2e-3);
}

QTEST_GUILESS_MAIN(TestSearch)
#include "tst_search.moc"
