// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "core/pruning/agreement.h"
#include "core/values/stability_json.h"
#include "tests/core/model/search_fixture.h"

using namespace ecdysis;

namespace {

constexpr int draws = 3;
constexpr std::uint64_t seed = 40;

/// The place of a candidate among those of a first step: one more than there are lower ones.
double placeOf(const Search &search, const std::string &unit)
{
    const auto &candidates = search.paths.front().steps.front().candidates;
    const double own = meanOf(std::ranges::find(candidates, unit, &Candidate::unit)->losses);
    return 1 + static_cast<double>(std::ranges::count_if(
                   candidates, [&](const Candidate &other) { return meanOf(other.losses) < own; }));
}

double meanOverPairs(const std::vector<Search> &searches,
                     const std::function<double(const Search &, const Search &)> &figure)
{
    return (figure(searches[0], searches[1]) + figure(searches[0], searches[2]) + figure(searches[1], searches[2])) / 3;
}

std::vector<std::string> firstCandidates(const Search &search)
{
    std::vector<std::string> units;
    for (const Candidate &candidate : search.paths.front().steps.front().candidates)
        units.push_back(candidate.unit);
    return units;
}

} // namespace

/// The agreement of searches on several draws, against its definitions and against single searches.
class TestStability : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_fixture = std::make_unique<SearchFixture>(); }
    void ranksShareTies();
    void agreementIsThatOfItsDefinitions();
    void equalsSingleSearches_data();
    void equalsSingleSearches();
    void goesThroughStages();
    void goesOnWhereItWasStopped();
    void namesWhatMakesNoSense();

private:
    SearchRequest request(int steps) const
    {
        SearchRequest asked = m_fixture->request({"block", "ssm"}, steps, 6);
        asked.settings.stages.front().protocol.draw = seed;
        return asked;
    }

    std::unique_ptr<SearchFixture> m_fixture;
};

void TestStability::ranksShareTies()
{
    QCOMPARE(pruning::ranksOf({{3, 0}, {1, 0}, {3, -1}, {3, 0}}), (std::vector<double>{3.5, 1, 2, 3.5}));
}

void TestStability::agreementIsThatOfItsDefinitions()
{
    // Kendall's own example of ties is of this kind: pairs counted one by one, and ranks by their squared differences.
    std::mt19937 random(3);
    for (const std::size_t count : {2U, 5U, 12U, 31U}) {
        std::vector<double> one, other;
        for (std::size_t i = 0; i < count; ++i) {
            one.push_back(static_cast<double>(random() % 7));
            other.push_back(static_cast<double>(random() % 7));
        }
        one[0] = 8, other[0] = 9; // not all alike
        double alike = 0, opposite = 0, tiedInOne = 0, tiedInOther = 0, pairs = 0;
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = i + 1; j < count; ++j) {
                ++pairs;
                tiedInOne += one[i] == one[j];
                tiedInOther += other[i] == other[j];
                const double product = (one[i] - one[j]) * (other[i] - other[j]);
                alike += product > 0;
                opposite += product < 0;
            }
        const double expected = (alike - opposite) / std::sqrt((pairs - tiedInOne) * (pairs - tiedInOther));
        QVERIFY(std::abs(pruning::kendall(one, other) - expected) < 1e-12);

        std::vector<double> places, shuffled;
        for (std::size_t i = 0; i < count; ++i)
            places.push_back(static_cast<double>(i + 1));
        shuffled = places;
        std::ranges::shuffle(shuffled, random);
        double squares = 0;
        for (std::size_t i = 0; i < count; ++i)
            squares += (places[i] - shuffled[i]) * (places[i] - shuffled[i]);
        const auto n = static_cast<double>(count);
        QVERIFY(std::abs(pruning::correlation(places, shuffled) - (1 - 6 * squares / (n * (n * n - 1)))) < 1e-12);
    }
    QVERIFY(std::isnan(pruning::kendall({1, 1}, {1, 2})));
    QCOMPARE(pruning::overlap({"a", "b", "c"}, {"b", "c", "d", "e"}), 2.0 / 5);
    QCOMPARE(pruning::overlap({}, {}), 1.0);
}

void TestStability::equalsSingleSearches_data()
{
    QTest::addColumn<bool>("floating");
    QTest::newRow("greedy") << false;
    QTest::newRow("floating") << true;
}

void TestStability::equalsSingleSearches()
{
    QFETCH(bool, floating);
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request(3);
    asked.settings.floating = floating;
    const auto found = stability(model, {.search = asked, .draws = draws}, {}, {});
    VERIFY_RESULT(found);
    std::vector<Search> searches;
    for (int draw = 0; draw < draws; ++draw) {
        asked.settings.stages.front().protocol.draw = seed + static_cast<std::uint64_t>(draw);
        searches.push_back(search(model, asked, {}, {}).value());
        const StabilityDraw &listed = found->draws[static_cast<std::size_t>(draw)];
        QCOMPARE(listed.plan, planOf(asked.settings, searches.back().paths.front()));
        QCOMPARE(listed.seeds, std::vector<std::uint64_t>{*asked.settings.stages.front().protocol.draw});
        QCOMPARE(listed.reason, searches.back().reason);
    }
    QCOMPARE(found->stages.size(), std::size_t{1});
    const StageStability &stage = found->stages.front();
    QCOMPARE(stage.units.size(), firstCandidates(searches[0]).size());
    for (const UnitStability &unit : stage.units) {
        std::vector<double> steps, ranks;
        for (const Search &search : searches) {
            const auto gone = unitsOf(search);
            if (const auto place = std::ranges::find(gone, unit.unit); place != gone.end())
                steps.push_back(static_cast<double>(place - gone.begin()) + 1);
            ranks.push_back(placeOf(search, unit.unit));
        }
        QCOMPARE(unit.draws, static_cast<int>(steps.size()));
        QCOMPARE(unit.step.has_value(), !steps.empty());
        if (!steps.empty())
            QVERIFY(std::abs(unit.step->mean - meanOf(steps)) < 1e-12);
        double squares = 0;
        for (const double rank : ranks)
            squares += (rank - meanOf(ranks)) * (rank - meanOf(ranks));
        QVERIFY(std::abs(unit.rank->mean - meanOf(ranks)) < 1e-12);
        QVERIFY(std::abs(unit.rank->deviation - std::sqrt(squares / (draws - 1))) < 1e-12);
    }
    const auto units = firstCandidates(searches[0]);
    const auto count = static_cast<double>(units.size());
    const double tau = meanOverPairs(searches, [&](const Search &one, const Search &other) {
        double sum = 0;
        for (std::size_t i = 0; i < units.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                sum += (placeOf(one, units[i]) - placeOf(one, units[j])) *
                                   (placeOf(other, units[i]) - placeOf(other, units[j])) >
                               0
                           ? 1
                           : -1;
        return sum / (count * (count - 1) / 2);
    });
    QVERIFY(std::abs(stage.kendall - tau) < 1e-12);
    const double rho = meanOverPairs(searches, [&](const Search &one, const Search &other) {
        double squares = 0;
        for (const std::string &unit : units)
            squares += std::pow(placeOf(one, unit) - placeOf(other, unit), 2);
        return 1 - 6 * squares / (count * (count * count - 1));
    });
    QVERIFY(std::abs(stage.spearman - rho) < 1e-12);
    const auto gone = [](const Search &search, std::size_t steps) {
        std::set<std::string> removed;
        for (std::size_t i = 0; i < steps; ++i) {
            const SearchStep &step = search.paths.front().steps[i];
            step.putBack ? (void)removed.erase(step.unit) : (void)removed.insert(step.unit);
        }
        return removed;
    };
    for (std::size_t steps = 1; steps <= stage.overlap.size(); ++steps) {
        const double expected = meanOverPairs(searches, [&](const Search &one, const Search &other) {
            std::set<std::string> either = gone(one, steps);
            const std::size_t sizes = either.size() + gone(other, steps).size();
            either.merge(gone(other, steps));
            return static_cast<double>(sizes - either.size()) / static_cast<double>(either.size());
        });
        QVERIFY(std::abs(stage.overlap[steps - 1] - expected) < 1e-12);
    }
    // The consensus is as long as the plans, can be evaluated, and leaves out nothing that all draws take.
    QCOMPARE(found->consensus.removals.size(), std::size_t{3});
    VERIFY_RESULT(
        evaluate(model, asked.settings.stages.front().text, {.window = 64, .maxWindows = 1}, found->consensus, {}));
    for (const UnitStability &unit : stage.units)
        if (unit.draws == draws)
            QVERIFY(std::ranges::count(found->consensus.removals, unit.unit, &Removal::unit) == 1);
    const nlohmann::json json = *found;
    QCOMPARE(json["draws"].size(), std::size_t{draws});
    QVERIFY(json["stages"][0]["kendall"] == stage.kendall);
}

void TestStability::goesThroughStages()
{
    const Model model = m_fixture->load("mamba");
    SearchRequest asked = request(1);
    SearchStage second = asked.settings.stages.front();
    second.targets = {"ssm"};
    second.protocol.draw = seed + 1;
    asked.settings.stages.push_back(second);
    const auto found = stability(model, {.search = asked, .draws = 2}, {}, {});
    VERIFY_RESULT(found);
    QCOMPARE(found->draws[1].seeds, (std::vector<std::uint64_t>{seed + 2, seed + 3})); // none is used twice
    QCOMPARE(found->stages.size(), std::size_t{2});
    QCOMPARE(found->consensus.removals.size(), std::size_t{2});
    QVERIFY(found->consensus.removals[1].unit.starts_with("ssm:"));
}

void TestStability::goesOnWhereItWasStopped()
{
    const Model model = m_fixture->load("mamba");
    StabilityRequest asked{.search = request(2), .draws = 2};
    const auto whole = stability(model, asked, {}, {});
    VERIFY_RESULT(whole);
    asked.search.session = m_fixture->path("stability.ecdysis");
    std::stop_source stop;
    double last = 0;
    const auto listener = [&](int finished, const Search &search) {
        if (finished == 1 && search.paths.front().steps.size() == 1)
            stop.request_stop();
    };
    const auto stopped =
        stability(model, asked, listener, {.stop = stop.get_token(), .progress = [&](const Progress &progress) {
                                               QVERIFY(progress.done <= progress.total);
                                               QVERIFY(progress.done >= last);
                                               last = progress.done;
                                           }});
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    QVERIFY(last > 1); // of two
    std::vector<int> heard;
    const auto continued =
        stability(model, asked, [&](int finished, const Search &) { heard.push_back(finished); }, {});
    VERIFY_RESULT(continued);
    for (std::size_t draw = 0; draw < 2; ++draw)
        QCOMPARE(continued->draws[draw], whole->draws[draw]);
    QCOMPARE(continued->consensus, whole->consensus);
    QCOMPARE(readSession(asked.search.session).value().searches.size(), std::size_t{2});
    QVERIFY(std::ranges::is_sorted(heard));
}

void TestStability::namesWhatMakesNoSense()
{
    const Model model = m_fixture->load("mamba");
    const auto complaint = [&](const StabilityRequest &asked) {
        const auto found = stability(model, asked, {}, {});
        return found ? std::string() : found.error().message;
    };
    QVERIFY(complaint({.search = request(1), .draws = 1}).find("at least 2 draws") != std::string::npos);
    StabilityRequest whole{.search = request(1)};
    whole.search.settings.stages.front().protocol.maxWindows = 0;
    QVERIFY(complaint(whole).find("windows to draw") != std::string::npos);
    StabilityRequest textless{.search = request(1)};
    textless.search.settings.stages.front().text.clear();
    QVERIFY(complaint(textless).find("a text to draw") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestStability)
#include "tst_stability.moc"
