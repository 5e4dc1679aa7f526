// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QFile>
#include <QTest>

#include "core/pruning/masks.h"
#include "core/tuning/student.h"
#include "tests/core/model/tuning_fixture.h"

using namespace ecdysis;

/// The weights that come out of tuning runs.
class TunedWeightsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void lowRankAdditionsAreMerged();
    void zeroedWeightsStayZero();
    void maskedWeightsStayZero_data();
    void maskedWeightsStayZero();

private:
    const TuningFolder m_folder;
};

void TunedWeightsTest::lowRankAdditionsAreMerged()
{
    const Model model = m_folder.model();
    TuneRequest asked = m_folder.request("low", 10);
    asked.settings.lowRank = {.rank = 2, .alpha = 8, .modules = {"out_proj", "x_proj"}};
    const auto tuning = tune(model, asked, tunedPlan, {}, {});
    VERIFY_RESULT(tuning);
    QVERIFY(tuning->bestStep > 0);
    const auto state = readTensors(m_folder.path("low") / "run.safetensors");
    const auto written = tunedTensors(m_folder.path("low"));
    const auto student = tuning::makeStudent(model.state(), tunedPlan, {});
    std::int64_t trainable = 0;
    for (const auto &[name, weight] : student.weights) {
        const std::string module = name.substr(0, name.rfind('.'));
        at::Tensor expected = weight.to(at::kDouble);
        if (module.ends_with("out_proj") || module.ends_with("x_proj")) {
            const at::Tensor a = state.at("best." + module + ".lora_A.weight").to(at::kDouble);
            const at::Tensor b = state.at("best." + module + ".lora_B.weight").to(at::kDouble);
            QVERIFY(a.size(0) == 2 && b.abs().max().item<double>() > 0);
            trainable += a.numel() + b.numel();
            expected = expected + 4 * at::mm(b, a);
        }
        QVERIFY2(relativeError(written.at(name), expected) < 1e-6, name.c_str());
    }
    QCOMPARE(tuning->trainable, trainable);
    asked.settings.lowRank.modules = {"q_proj"};
    asked.out = m_folder.path("none");
    const auto unknown = tune(model, asked, tunedPlan, {}, {});
    QVERIFY(!unknown);
    QVERIFY2(unknown.error().message.find("in_proj") != std::string::npos &&
                 unknown.error().message.find("q_proj") != std::string::npos,
             unknown.error().message.c_str());
}

void TunedWeightsTest::zeroedWeightsStayZero()
{
    const std::string weight = "backbone.layers.0.mixer.x_proj.weight";
    Plan zeroes;
    zeroes.removals.push_back({"weight:" + weight, ""});
    const auto tuning = tune(m_folder.model(), m_folder.request("zeroed", 3), zeroes, {}, {});
    VERIFY_RESULT(tuning);
    QCOMPARE(readTensors(m_folder.path("zeroed") / "model/model.safetensors").at(weight).abs().max().item<float>(),
             0.0F);
}

void TunedWeightsTest::maskedWeightsStayZero_data()
{
    QTest::addColumn<int>("rank");
    QTest::newRow("all weights") << 0;
    QTest::newRow("LoRA") << 2;
}

void TunedWeightsTest::maskedWeightsStayZero()
{
    QFETCH(int, rank);
    const std::string folder = QString("masked%1").arg(rank).toStdString();
    const Model model = m_folder.model();
    Plan masked = tunedPlan;
    pruning::Masks masks;
    for (const char *name : {"backbone.layers.0.mixer.in_proj.weight", "backbone.layers.2.mixer.out_proj.weight"}) {
        auto &mask = masks[name] = pruning::wholeMask(model.state().weights.at(name).sizes().vec());
        for (std::int64_t index = 3; index < pruning::elements(mask); index += 7)
            pruning::remove(mask, index);
    }
    masked.masks = pruning::writeMasks(m_folder.path("tuned.masks"), masks);
    TuneRequest asked = m_folder.request(folder, 3);
    asked.settings.lowRank.rank = rank;
    const auto tuning = tune(model, asked, masked, {}, {});
    VERIFY_RESULT(tuning);
    QVERIFY(tuning->bestStep > 0);
    const auto written = tunedTensors(m_folder.path(folder));
    const auto student = tuning::makeStudent(model.state(), masked, {});
    QCOMPARE(student.masks.size(), std::size_t{2});
    for (const auto &[name, mask] : student.masks) {
        const at::Tensor &tensor = written.at(name);
        QCOMPARE(mask.sizes(), tensor.sizes());
        QVERIFY(mask.sum().item<std::int64_t>() < mask.numel());
        QVERIFY(at::equal(tensor != 0, mask != 0));
        QVERIFY(!at::equal(tensor, student.weights.at(name)));
    }
    // The plan that lies beside the model finds its masks.
    const std::string file = (m_folder.path(folder) / "plan.json").string();
    QFile stored(QString::fromStdString(file));
    QVERIFY(stored.open(QIODevice::ReadOnly));
    const auto again = parsePlan(stored.readAll().toStdString(), model.card(), file);
    VERIFY_RESULT(again);
    QVERIFY(again->masks && again->masks->sha256 == masked.masks->sha256);
}

QTEST_GUILESS_MAIN(TunedWeightsTest)
#include "tst_tuned_weights.moc"
