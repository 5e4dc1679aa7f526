// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QTest>

#include "tests/cli/process.h"
#include "tests/support/temporary_model.h"

/// `ecdysis-cli prune` as a user meets it.
class TestCliPrune : public QObject
{
    Q_OBJECT

private slots:
    void writesAPlanThatEvaluates();
    void needsATextWhereTheScoreDoes();
    void explainsItsScores();
    void refusesBadUsage_data();
    void refusesBadUsage();
    void refusesChangedMasks();

private:
    QStringList arguments(const QStringList &more) const
    {
        return QStringList{"prune", m_model.folder.path(), "--threads", "1", "--out", m_model.path("p.json")} << more;
    }
    QStringList withText(QStringList list) const
    {
        return list << "--text" << m_model.path("text.txt") << "--window"
                    << "64"
                    << "--max-windows"
                    << "3"
                    << "--json";
    }

    TinyModel m_model;
};

void TestCliPrune::writesAPlanThatEvaluates()
{
    const Outcome outcome = runCli(
        withText(arguments({"--score", "gradient:alpha=0.5,gradient=mean", "--sparsity", "0.6", "--scope", "tensor"})));
    VERIFY_STATUS(outcome, 0);
    const auto object = outcome.json();
    const std::int64_t prunable = object.at("prunable"), removed = object.at("removed");
    QVERIFY(std::abs(object.at("sparsity").get<double>() - 0.6) < 1e-3);
    QCOMPARE(object.at("sparsity").get<double>(), static_cast<double>(removed) / static_cast<double>(prunable));
    QVERIFY(object.at("sparsity_of_model").get<double>() < object.at("sparsity").get<double>());
    for (const char *component : {"in_proj", "conv1d", "x_proj", "dt_proj", "out_proj"})
        QVERIFY2(std::abs(object.at("by_component").at(component).get<double>() - 0.6) < 1e-2, component);
    QCOMPARE(object.at("by_component").size(), std::size_t{5});
    QVERIFY(object.at("provenance").at("model_fingerprint").get<std::string>().size() == 64);
    const auto &how = object.at("plan").at("sparsity").at(0);
    QVERIFY(how.at("score") == "gradient:alpha=0.5,gradient=mean");
    QVERIFY(how.at("scope") == "tensor");
    QVERIFY(how.at("amount") == 0.6);
    QVERIFY(how.at("calibration") == object.at("calibration").at("fingerprint"));

    // The same again, bit for bit.
    const QByteArray masks = [&] {
        QFile file(m_model.path("p.masks.safetensors"));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }();
    QVERIFY(!masks.isEmpty());
    const Outcome again = runCli(
        withText(arguments({"--score", "gradient:alpha=0.5,gradient=mean", "--sparsity", "0.6", "--scope", "tensor"})));
    QVERIFY(again.json().at("plan") == object.at("plan"));

    const QStringList eval = withText({"eval", m_model.folder.path(), "--threads", "1"});
    const auto dense = runCli(eval).json();
    const Outcome pruned = runCli(QStringList(eval) << "--plan" << m_model.path("p.json"));
    VERIFY_STATUS(pruned, 0);
    QVERIFY(pruned.json().at("mean_nll") != dense.at("mean_nll"));
    QVERIFY(pruned.json().at("plan_fingerprint") != dense.at("plan_fingerprint"));
}

void TestCliPrune::needsATextWhereTheScoreDoes()
{
    const Outcome magnitude = runCli(arguments({"--score", "magnitude", "--sparsity", "0.5"}));
    VERIFY_STATUS(magnitude, 0);
    QVERIFY(magnitude.out.contains("in_proj") && magnitude.out.contains("50.00 % of the"));
    const Outcome gradient = runCli(arguments({"--score", "gradient", "--sparsity", "0.5"}));
    VERIFY_STATUS(gradient, 1);
    QVERIFY(gradient.err.contains("a text to compute it on expected"));
}

void TestCliPrune::explainsItsScores()
{
    const Outcome help = runCli({"prune", "--help"});
    VERIFY_STATUS(help, 0);
    for (const char *word : {"magnitude", "gradient", "random", "alpha=1", "gradient=rms", "absmean"})
        QVERIFY2(help.out.contains(word), word);
}

void TestCliPrune::refusesBadUsage_data()
{
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<int>("status");
    QTest::newRow("no score") << QStringList{"--sparsity", "0.5"} << 2;
    QTest::newRow("no sparsity") << QStringList{"--score", "magnitude"} << 2;
    QTest::newRow("too much") << QStringList{"--score", "magnitude", "--sparsity", "1.1"} << 2;
    QTest::newRow("no such scope") << QStringList{"--score", "magnitude", "--sparsity", "0.5", "--scope", "2:4"} << 2;
    QTest::newRow("no such score") << QStringList{"--score", "beauty", "--sparsity", "0.5"} << 1;
}

void TestCliPrune::refusesBadUsage()
{
    QFETCH(QStringList, more);
    QFETCH(int, status);
    const Outcome outcome = runCli(arguments(more));
    VERIFY_STATUS(outcome, status);
    QVERIFY(outcome.out.isEmpty() && !outcome.err.isEmpty());
}

void TestCliPrune::refusesChangedMasks()
{
    VERIFY_STATUS(runCli(arguments({"--score", "magnitude", "--sparsity", "0.5"})), 0);
    const QStringList eval = withText({"eval", m_model.folder.path(), "--plan", m_model.path("p.json")});
    VERIFY_STATUS(runCli(eval), 0);
    m_model.write("p.masks.safetensors", "others");
    const Outcome outcome = runCli(eval);
    VERIFY_STATUS(outcome, 1);
    QVERIFY(outcome.err.contains("p.masks.safetensors") && outcome.err.count('\n') == 1);
}

QTEST_GUILESS_MAIN(TestCliPrune)
#include "tst_cli_prune.moc"
