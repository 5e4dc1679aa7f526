// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/evaluation/latency.h"
#include "core/evaluation/perplexity.h"
#include "core/pruning/cut_plan.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;

/// Time and memory of a plan as cut. Times are only compared with themselves: other programs share the machine.
class LatencyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsCutComputesTheSame_data();
    void whatIsCutComputesTheSame();
    void statesOfMamba();
    void keysAndValuesOfJamba();
    void plansAreTimedInTurn();
    void badRequests();
};

void LatencyTest::whatIsCutComputesTheSame_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QStringList>("units");
    QTest::newRow("mamba") << "mamba" << QStringList{"block:1", "ssm:2", "ssm:0"};
    QTest::newRow("mamba2") << "mamba2" << QStringList{"ssm:1", "block:0"};
    QTest::newRow("jamba") << "jamba" << QStringList{"attention:2", "block:0"};
    QTest::newRow("zamba2") << "zamba2" << QStringList{"ssm:0", "attention:1", "block:3"};
}

void LatencyTest::whatIsCutComputesTheSame()
{
    QFETCH(QString, fixture);
    QFETCH(QStringList, units);
    const auto model = loaded(fixture.toStdString(), {.threads = 1});
    Plan plan;
    for (const QString &unit : units)
        if (std::ranges::find(model->card().units, unit.toStdString(), &Unit::id) != model->card().units.end())
            plan.removals.push_back({unit.toStdString(), ""});
    QVERIFY(plan.removals.size() >= 2);
    const at::Tensor ids = at::arange(2 * 9, at::kLong).view({2, 9}).remainder(200);
    const pruning::AppliedPlan cut = pruning::cutOut(*model, plan);
    const pruning::AppliedPlan switchedOff = pruning::apply(*model, plan);
    const at::Tensor expected = evaluation::forward(*switchedOff.network, ids, switchedOff.removed, {});
    QVERIFY(cut.network != model->network);
    QVERIFY(relativeError(evaluation::forward(*cut.network, ids, cut.removed, {}), expected) < 1e-5);
}

void LatencyTest::statesOfMamba()
{
    const auto model = loaded("mamba", {.threads = 1});
    const auto &config = model->files.config;
    const std::int64_t inner = config.integer("intermediate_size");
    const std::int64_t convolution = inner * (config.integer("conv_kernel") - 1),
                       ssm = inner * config.integer("state_size");
    const StateMemory dense = evaluation::stateMemory(*model, 3, 1000, {}, {});
    QCOMPARE(dense, (StateMemory{1000, 3 * 4 * 4 * (convolution + ssm), 0}));
    // A state space that is gone has no state, a block no convolution either.
    const StateMemory cut = evaluation::stateMemory(*model, 3, 5, {{{"block:1", ""}, {"ssm:2", ""}}}, {});
    QCOMPARE(cut.stateBytes, 3 * 4 * (3 * convolution + 2 * ssm));
}

void LatencyTest::keysAndValuesOfJamba()
{
    const auto model = loaded("jamba", {.threads = 1});
    const auto &config = model->files.config;
    const auto attention = std::ranges::count(model->files.blueprint.layerTypes, "attention");
    QVERIFY(attention > 0);
    const std::int64_t width =
        config.integer("hidden_size") / config.integer("num_attention_heads") * config.integer("num_key_value_heads");
    const StateMemory memory = evaluation::stateMemory(*model, 2, 100, {}, {});
    QCOMPARE(memory.cacheBytes, 2 * 4 * 2 * width * attention * 100);
    QCOMPARE(evaluation::stateMemory(*model, 2, 0, {}, {}).cacheBytes, 0);
    QCOMPARE(evaluation::stateMemory(*model, 2, 7, {}, {}).stateBytes, memory.stateBytes);
}

void LatencyTest::plansAreTimedInTurn()
{
    const auto model = loaded("mamba", {.threads = 1});
    const LatencyComparison found = evaluation::compareLatency(
        *model, {.prefill = 32, .decode = 2, .repeat = 7}, {{{"block:1", ""}, {"block:2", ""}, {"block:3", ""}}}, {});
    for (const BenchReport &report : {found.measured, found.dense})
        for (const Latency &latency : {report.prefill, report.decode})
            QVERIFY(0 < latency.p10 && latency.p10 <= latency.median && latency.median <= latency.p90);
    for (const Speedup &speedup : {found.prefill, found.decode})
        QVERIFY(0 < speedup.p10 && speedup.p10 <= speedup.median && speedup.median <= speedup.p90);
    // One layer of four is left.
    QVERIFY(found.prefill.median > 1);
    QCOMPARE(evaluation::compareLatency(*model, {.prefill = 8, .decode = 0, .repeat = 1}, {}, {}).decode, Speedup{});
}

void LatencyTest::badRequests()
{
    const auto model = loaded("mamba", {.threads = 1});
    const auto codeOf = [](const auto &work) { return errorOf(work).code; };
    QCOMPARE(codeOf([&] { evaluation::compareLatency(*model, {.batch = 0}, {}, {}); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { evaluation::stateMemory(*model, 0, 1, {}, {}); }), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf([&] { evaluation::stateMemory(*model, 1, -1, {}, {}); }), ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(LatencyTest)
#include "tst_latency.moc"
