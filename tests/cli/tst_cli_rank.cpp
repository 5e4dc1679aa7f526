// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>
#include <map>
#include <set>

#include <QTest>

#include "tests/cli/process.h"
#include "tests/support/temporary_model.h"

/// `ecdysis-cli rank` as a user meets it.
class TestCliRank : public QObject
{
    Q_OBJECT

private slots:
    void ranksUnitsOfSeveralKinds();
    void ranksOnAText();
    void groupsEntriesAsAsked();
    void explainsItsScores();
    void refusesWhatItCannotRank_data();
    void refusesWhatItCannotRank();

private:
    QStringList arguments(const QStringList &more) const
    {
        return QStringList{"rank", m_model.folder.path(), "--threads", "1", "--json"} << more;
    }
    QStringList withText(const QStringList &more) const
    {
        return arguments(more) << "--text" << m_model.path("text.txt") << "--window"
                               << "64"
                               << "--max-windows"
                               << "2";
    }

    TinyModel m_model;
};

void TestCliRank::ranksUnitsOfSeveralKinds()
{
    const Outcome outcome = runCli(arguments({"--score", "magnitude", "--units", "block,ssm,state"}));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    const auto &ranking = object.at("ranking");
    QCOMPARE(ranking.size(), std::size_t{4 + 4 + 4 * 8}); // states in groups, as inspect lists them
    double last = 0;
    std::set<std::string> units;
    for (const auto &unit : ranking) {
        QVERIFY(unit.at("score").get<double>() >= last);
        last = unit.at("score");
        units.insert(unit.at("unit").get<std::string>());
        QVERIFY(unit.at("unit").get<std::string>().starts_with(unit.at("kind").get<std::string>() + ":" +
                                                               std::to_string(unit.at("layer").get<int>())));
    }
    QCOMPARE(units.size(), ranking.size());
    QVERIFY(object.at("score") == "magnitude");
    QVERIFY(!object.contains("calibration"));
    QVERIFY(object.at("provenance").at("model_fingerprint").is_string());
    // A block holds its SSM.
    QVERIFY(ranking.back().at("kind") == "block");
}

void TestCliRank::ranksOnAText()
{
    const QStringList command = withText({"--score", "block_influence", "--units", "block,ssm"});
    const Outcome outcome = runCli(command);
    VERIFY_STATUS(outcome, 0);
    QCOMPARE(outcome.json().at("ranking").size(), std::size_t{8});
    QVERIFY(outcome.json().at("calibration").at("windows") == 2);
    QVERIFY(runCli(command).json().at("ranking") == outcome.json().at("ranking"));
}

void TestCliRank::groupsEntriesAsAsked()
{
    const auto ranked = [&](const char *group) {
        return runCli(withText({"--score", "activation", "--units", "inner_channels", "--group", group})).json();
    };
    const auto pairs = ranked("2").at("ranking");
    const auto single = ranked("1").at("ranking");
    QCOMPARE(single.size(), 2 * pairs.size());
    std::map<std::string, double> scores;
    for (const auto &unit : single)
        scores[unit.at("unit").get<std::string>()] = unit.at("score");
    for (const auto &unit : pairs) {
        const std::string id = unit.at("unit");
        const std::string start = id.substr(0, id.rfind(':') + 1);
        const std::string range = id.substr(start.size());
        const std::string from = range.substr(0, range.find('-')), to = range.substr(range.find('-') + 1);
        const double sum = scores.at(start + from + "-" + from) + scores.at(start + to + "-" + to);
        QVERIFY2(std::abs(unit.at("score").get<double>() - sum) < 1e-9, id.c_str());
    }
}

void TestCliRank::explainsItsScores()
{
    const Outcome help = runCli({"rank", "--help"});
    VERIFY_STATUS(help, 0);
    for (const char *word : {"magnitude", "gradient", "block_influence", "activation", "ghost", "low_delta"})
        QVERIFY2(help.out.contains(word), word);
    QVERIFY(!runCli({"prune", "--help"}).out.contains("ghost")); // ranks no single weights
}

void TestCliRank::refusesWhatItCannotRank_data()
{
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("words");
    QTest::newRow("no such score") << QStringList{"--score", "beauty", "--units", "block"} << "block_influence";
    QTest::newRow("no such kind") << QStringList{"--score", "magnitude", "--units", "attention"} << "inner_channels";
    QTest::newRow("no text") << QStringList{"--score", "ghost", "--units", "state"} << "a text";
}

void TestCliRank::refusesWhatItCannotRank()
{
    QFETCH(QStringList, more);
    QFETCH(QString, words);
    const Outcome outcome = runCli(arguments(more));
    VERIFY_STATUS(outcome, 1);
    QVERIFY2(outcome.err.contains(words.toUtf8()) && outcome.err.count('\n') == 1, outcome.err.constData());
    const Outcome kind = runCli(withText({"--score", "ghost", "--units", "block"}));
    VERIFY_STATUS(kind, 1);
    QVERIFY(kind.err.contains("state") && kind.err.contains("block"));
}

QTEST_GUILESS_MAIN(TestCliRank)
#include "tst_cli_rank.moc"
