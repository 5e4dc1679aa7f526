// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/values/search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "tests/core/model/search_fixture.h"

using namespace ecdysis;

/// Searches against separate evaluations of every candidate, and from stop to stop.
class TestSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fixture = std::make_unique<SearchFixture>(); }
    void equalsBruteForce_data();
    void equalsBruteForce();
    void narrowsWidthsFromTheirEnd();
    void sortsWidthsBeforeTheyGetSmaller();
    void leavesWhatOthersNeed();
    void goesThroughStages();
    void goesOnWhereItWasStopped_data();
    void goesOnWhereItWasStopped();
    void stopsWithin200Milliseconds();
    void agreesWithReferenceFigures_data();
    void agreesWithReferenceFigures();

private:
    std::unique_ptr<SearchFixture> m_fixture;
    std::map<bool, std::vector<SearchPath>> m_wholes; ///< that were not stopped, with and without floating
};

void TestSearch::equalsBruteForce_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QStringList>("targets");
    QTest::addColumn<qint64>("prefixBytes");
    QTest::addColumn<int>("windows");
    QTest::addColumn<int>("threads");
    const qint64 enough = qint64{1} << 30;
    QTest::newRow("two batches") << "mamba" << QStringList{"block", "ssm"} << enough << 34 << 1;
    QTest::newRow("two threads") << "mamba" << QStringList{"block", "ssm"} << enough << 6 << 2;
    QTest::newRow("no prefix kept") << "mamba" << QStringList{"block", "ssm"} << qint64{0} << 6 << 1;
    QTest::newRow("mamba2") << "mamba2" << QStringList{"block", "ssm", "state"} << enough << 6 << 1;
    QTest::newRow("jamba") << "jamba" << QStringList{"attention", "mlp", "mamba", "experts"} << enough << 6 << 1;
    QTest::newRow("zamba2") << "zamba2" << QStringList{"transformer", "mamba", "mlp_channels"} << enough << 6 << 1;
    QTest::newRow("hymba") << "hymba" << QStringList{"attention", "ssm", "attention_heads"} << enough << 6 << 1;
}

void TestSearch::equalsBruteForce()
{
    QFETCH(QString, fixture);
    QFETCH(QStringList, targets);
    QFETCH(qint64, prefixBytes);
    QFETCH(int, windows);
    QFETCH(int, threads);
    SKIP_WITHOUT(testData(fixture.toStdString()) / "model.safetensors");
    const Model model = m_fixture->load(fixture.toStdString(), threads);
    std::vector<std::string> kinds;
    for (const QString &kind : targets)
        kinds.push_back(kind.toStdString());
    SearchRequest asked = m_fixture->request(kinds, 2, windows);
    asked.prefixBytes = prefixBytes;
    const auto found = search(model, asked, {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(found->reason, std::string("steps"));
    QCOMPARE(found->paths.front().steps.size(), std::size_t{2});
    QCOMPARE(found->paths.front().starts.front(), m_fixture->evaluated(model, asked, {}));

    Plan plan;
    for (const SearchStep &step : found->paths.front().steps) {
        QVERIFY(step.candidates.size() > 1);
        double lowest = std::numeric_limits<double>::infinity();
        std::string first;
        for (const Candidate &candidate : step.candidates) {
            const auto losses = m_fixture->evaluated(model, asked, planWith(plan, candidate.unit));
            QVERIFY2(losses == candidate.losses, candidate.unit.c_str()); // to the bit
            QCOMPARE(candidate.value, meanOf(losses));
            if (meanOf(losses) < lowest) {
                lowest = meanOf(losses);
                first = candidate.unit;
            }
        }
        QCOMPARE(step.unit, first);
        plan = planWith(plan, step.unit);
        QCOMPARE(step.losses, m_fixture->evaluated(model, asked, plan));
    }
}

void TestSearch::narrowsWidthsFromTheirEnd()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"inner_channels"}, 5);
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
    SearchRequest asked = m_fixture->request({"inner_channels"}, 2, 4);
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
        QCOMPARE(m_fixture->evaluated(model, asked, stored), step.losses);
    }
}

void TestSearch::leavesWhatOthersNeed()
{
    SKIP_WITHOUT(testData("hymba") / "model.safetensors");
    const Model model = m_fixture->load("hymba");
    const auto found = search(model, m_fixture->request({"block", "attention"}, 0), {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(found->reason, std::string("candidates"));
    // Each plan on the way can be evaluated: keys that later layers read are never gone before them.
    Plan plan;
    for (const SearchStep &step : found->paths.front().steps) {
        plan = planWith(plan, step.unit);
        QCOMPARE(m_fixture->evaluated(model, m_fixture->request({}, 0), plan), step.losses);
    }
    for (int layer = 0; layer < model.card().layers; ++layer)
        QVERIFY(std::ranges::count(unitsOf(*found), unitId("block", layer)) == 1);
}

void TestSearch::goesThroughStages()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = m_fixture->request({"block"}, 1);
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
    SearchRequest asked = m_fixture->request({"block", "ssm"}, 4, 34);
    asked.settings.floating = floating;
    if (!m_wholes.contains(floating)) {
        auto whole = search(model, asked, {}, {});
        VERIFY_RESULT(whole);
        m_wholes.emplace(floating, whole->paths);
    }
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
    QVERIFY2(continued->paths == m_wholes.at(floating), qPrintable(text(unitsOf(*continued))));
    QCOMPARE(readSession(asked.session).value().searches.size(), std::size_t{1});
    const auto again = search(model, asked, {}, {});
    VERIFY_RESULT(again);
    QCOMPARE(again->paths, continued->paths);
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
    const auto found = search(model, m_fixture->request({"block", "ssm"}, 3), listener, {.stop = stop.get_token()});
    QVERIFY(!found && found.error().code == ErrorCode::Cancelled);
    QVERIFY(std::chrono::steady_clock::now() - asked < std::chrono::milliseconds(200));
}

void TestSearch::agreesWithReferenceFigures_data()
{
    QTest::addColumn<QStringList>("targets");
    QTest::addColumn<QStringList>("units");
    QTest::addColumn<QList<double>>("losses");
    QTest::addColumn<bool>("race");
    // Of the reference implementation, in float32 on a GPU: greedy removal on the first 16 windows of WikiText's
    // validation text. Where there are many steps, a race to the same figures is enough.
    QTest::newRow("blocks") << QStringList{"block"}
                            << QStringList{"block:5", "block:10", "block:2", "block:7", "block:1", "block:4"}
                            << QList<double>{4.513638, 4.680232, 4.853224, 5.083280, 5.392947, 5.841278} << false;
    QTest::newRow("SSMs") << QStringList{"ssm"} << QStringList{"ssm:11", "ssm:2", "ssm:4", "ssm:10", "ssm:5", "ssm:3"}
                          << QList<double>{4.544390, 4.550822, 4.556881, 4.568880, 4.585101, 4.604296} << true;
    QTest::newRow("both") << QStringList{"block", "ssm"} << QStringList{"block:5", "ssm:11"}
                          << QList<double>{4.513638, 4.521600} << false;
}

void TestSearch::agreesWithReferenceFigures()
{
    QFETCH(QStringList, targets);
    QFETCH(QStringList, units);
    QFETCH(QList<double>, losses);
    QFETCH(bool, race);
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
    SearchRequest asked{.settings = {.stages = {stage}}, .session = {}};
    if (race)
        asked.settings.race = 0.005;
    const auto found = search(*model, asked, {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(text(unitsOf(*found)), units.join(' '));
    for (qsizetype i = 0; i < losses.size(); ++i)
        QVERIFY(std::abs(meanOf(found->paths.front().steps[static_cast<std::size_t>(i)].losses) - losses[i]) < 2e-3);
}

QTEST_GUILESS_MAIN(TestSearch)
#include "tst_search.moc"
