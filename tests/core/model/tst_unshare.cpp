// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/pruning/plan_json.h"
#include "core/pruning/shedder_config.h"
#include "core/pruning/unshare.h"
#include "tests/core/model/export_support.h"

using namespace ecdysis;

namespace {

const std::vector<int> hybrid{1, 3, 5}; // of tests/data/zamba2, which take two transformers in turn

/// What it comes to in numbers: those of the fixture, whose config has rank 8, 64 channels, 128 of attention, 96 of
/// MLPs.
std::int64_t parametersUnshared(std::int64_t before)
{
    const std::int64_t transformer = 128 + 3 * 128 * 128 + 64 * 128 + 64 + 192 * 64 + 64 * 96;
    const std::int64_t adapters = 3 * (8 * 128 + 128 * 8) + 8 * 64 + 192 * 8;
    const std::int64_t zeros = 64 + 192;
    return before + transformer + 3 * (zeros - adapters);
}

} // namespace

/// A transformer for each layer that shared one.
class UnshareTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void adaptersAreMerged();
    void computesTheSame();
    void eachUseGoesAlone_data();
    void eachUseGoesAlone();
    void widthsGoAlone();
    void refusals_data();
    void refusals();

private:
    Written m_written;
    ExportReport m_report;
    std::shared_ptr<const Model::State> m_shared, m_own;
    double m_bound = 0; ///< of relative errors: what rounding, merged and not, comes to in these logits
};

void UnshareTest::initTestCase()
{
    m_report = pruning::writeUnshared(openModelFiles(testData("zamba2")), m_written.path("own"), 1 << 30, {});
    m_shared = loaded("zamba2", {.threads = 1});
    m_own = m_written.load("own");
    m_bound = std::max(1e-5, 1e-6 * amplification(*m_shared, exportIds));
}

void UnshareTest::adaptersAreMerged()
{
    const auto before = readTensors(testData("zamba2") / "model.safetensors");
    const auto after = readTensors(m_written.path("own") / "model.safetensors");
    const auto of = [&](const std::string &name) { return before.at("model.layers." + name).to(at::kDouble); };
    const std::string mlp = "shared_transformer.feed_forward.gate_up_proj", attention = "shared_transformer.self_attn.";
    // The third use is of the first transformer again, the second of the second.
    const at::Tensor third = of("1." + mlp + ".weight") + at::mm(of("1." + mlp + "_adapter_list.2.1.weight"),
                                                                 of("1." + mlp + "_adapter_list.2.0.weight"));
    QVERIFY(relativeError(after.at("model.layers.5." + mlp + ".weight"), third) < 1e-6);
    const at::Tensor second =
        of("3." + attention + "k_proj.weight") + at::mm(of("3." + attention + "linear_k_adapter_list.1.1.weight"),
                                                        of("3." + attention + "linear_k_adapter_list.1.0.weight"));
    QVERIFY(relativeError(after.at("model.layers.3." + attention + "k_proj.weight"), second) < 1e-6);
    QVERIFY(!after.contains("model.layers.3." + attention + "linear_k_adapter_list.1.0.weight"));
    QVERIFY(at::equal(after.at("model.layers.5." + attention + "o_proj.weight"),
                      before.at("model.layers.1." + attention + "o_proj.weight")));
}

void UnshareTest::computesTheSame()
{
    QVERIFY(relativeError(logitsUnder(*m_own, {}), logitsUnder(*m_shared, {})) <= m_bound);
    QCOMPARE(m_report.parameters, parametersUnshared(m_shared->card().parameters));
    QCOMPARE(m_own->card().parameters, m_report.parameters);
    QVERIFY(m_own->card().warnings.empty());
    // The config stays one of transformers, and nothing else in it has changed.
    nlohmann::json before = m_shared->files.config.json(), after = m_own->files.config.json();
    QVERIFY(after.at("num_mem_blocks") == 3 && after.at("adapter_rank") == 1);
    QVERIFY(after.at("use_shared_attention_adapter") == false);
    for (const char *key : {"num_mem_blocks", "adapter_rank", "use_shared_attention_adapter"}) {
        before.erase(key);
        after.erase(key);
    }
    QVERIFY(before == after);
}

void UnshareTest::eachUseGoesAlone_data()
{
    QTest::addColumn<QStringList>("units");
    for (const int layer : hybrid)
        for (const char *kind : {"attention", "mlp", "transformer", "mamba"})
            QTest::addRow("%s:%d", kind, layer) << QStringList{QString("%1:%2").arg(kind).arg(layer)};
    QTest::newRow("a layer of Mamba and a hybrid one") << QStringList{"block:2", "block:3"};
}

void UnshareTest::eachUseGoesAlone()
{
    QFETCH(QStringList, units);
    std::vector<std::string> ids;
    for (const QString &unit : units)
        ids.push_back(unit.toStdString());
    const at::Tensor expected = logitsUnder(*m_shared, planOf(ids));
    QVERIFY(relativeError(logitsUnder(*m_own, planOf(ids)), expected) <= m_bound);
    // Written, its weights are gone.
    const std::string name = units.join('_').replace(':', '-').toStdString();
    const ExportReport cut = m_written.write(m_written.path("own"), ids, name);
    QVERIFY(cut.parameters < m_report.parameters);
    QVERIFY(relativeError(logitsUnder(*m_written.load(name), {}), expected) <= m_bound);
}

void UnshareTest::widthsGoAlone()
{
    const Plan plan = pruning::parsePlan(R"({"pruned_mlp_channels": {"0": 64, "2": 32}})", m_own->card(), "file");
    QCOMPARE(plan.removals.size(), std::size_t{2});
    QCOMPARE(plan.removals[0].unit, std::string("mlp_channels:1:64-95"));
    QCOMPARE(plan.removals[1].unit, std::string("mlp_channels:5:32-95"));
    QVERIFY(pruning::shedderConfig(plan, m_own->card()).at("pruned_mlp_channels") ==
            nlohmann::json({{"0", 64}, {"2", 32}}));
    const ExportReport cut =
        m_written.write(m_written.path("own"), {plan.removals[0].unit, plan.removals[1].unit}, "narrow");
    // Up, gate, down and the adapter of zeros, of 32 and of 64 channels.
    QCOMPARE(cut.parameters, m_report.parameters - (32 + 64) * (3 * 64 + 2));
    QVERIFY(relativeError(logitsUnder(*m_written.load("narrow"), {}), logitsUnder(*m_own, plan)) <= m_bound);
}

void UnshareTest::refusals_data()
{
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("message");
    QTest::newRow("nothing is shared") << "mamba"
                                       << "expected layers that share weights";
    QTest::newRow("no config can say it") << "zamba"
                                          << "expected layers that share weights";
    QTest::newRow("already done") << "own"
                                  << "expected layers that share weights";
    QTest::newRow("cut before") << "cut"
                                << "expected a whole model";
}

void UnshareTest::refusals()
{
    QFETCH(QString, model);
    QFETCH(QString, message);
    if (model == "cut")
        m_written.write(testData("zamba2"), {"attention:3"}, "cut");
    const auto folder =
        model == "own" || model == "cut" ? m_written.path(model.toStdString()) : testData(model.toStdString());
    const Error error =
        errorOf([&] { pruning::writeUnshared(openModelFiles(folder), m_written.path("none"), 1 << 30, {}); });
    QVERIFY2(error.message.starts_with(message.toStdString()), error.message.c_str());
    QVERIFY(!std::filesystem::exists(m_written.path("none")));
}

QTEST_GUILESS_MAIN(UnshareTest)
#include "tst_unshare.moc"
