// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <limits>

#include <QTemporaryDir>
#include <QTest>

#include "core/evaluation/gradients.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "core/layers/linear.h"
#include "core/pruning/applied_plan.h"
#include "tests/core/model/model_support.h"
#include "tests/core/model/rounding.h"

using namespace ecdysis;

namespace {

/// The folder with the answers: the state-spaces copies of a model share those of its Hugging Face form.
std::string answersOf(const std::string &model)
{
    return model.substr(0, model.find("_original"));
}

void addModels()
{
    QTest::addColumn<QString>("model");
    for (const char *name : {"mamba", "mamba_nobias_f32res", "mamba2", "mamba2_g1", "mamba_original", "mamba2_original",
                             "falcon_mamba", "jamba", "bamba", "falcon_h1", "falcon_h1_nonorm", "nemotron_h",
                             "granitemoehybrid", "granitemoehybrid_dense", "zamba", "zamba2", "zamba2_norope", "hymba"})
        QTest::newRow(name) << name;
}

std::string currentModel()
{
    QFETCH_GLOBAL(QString, model);
    return model.toStdString();
}

/// Half of what is promised. Processors round in their own order: most come to 1e-6, one with AMX to 1.1e-5.
constexpr double bound = 5e-5;

/// Whether rounding grows beyond what the bounds below are meant for: the other fixtures amplify it 77 times at most.
bool amplifiesRounding(double amplified)
{
    return amplified > 200;
}

/// How far losses may lie from the reference's: 1e-5; up to what is promised where rounding is amplified.
double lossBound(const Model::State &model, const at::Tensor &ids)
{
    const double amplified = amplification(model, ids);
    return amplifiesRounding(amplified) ? std::min(4 * std::numeric_limits<float>::epsilon() * amplified, 1e-4) : 1e-5;
}

} // namespace

/// Models against the answers that transformers gives for them.
class ReferenceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addModels(); }
    void logitsAndHiddenStates();
    void hubSpellingOfTheConfig();
    void lossWithoutEachLayer();
    void gradientsOfEveryParameter();
    void partsOfHymba();
    void gradientsWithLittleMemory();
    void bfloat16IsNear();
    void sameBitsEveryTime();
};

void ReferenceTest::logitsAndHiddenStates()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto model = loaded(name);
    const auto outputs = evaluation::outputs(*model, expected.at("input_ids"), {}, {});
    const double error = relativeError(outputs.logits, expected.at("logits"));
    qInfo("%s: logits differ by %.2g", name.c_str(), error);
    QVERIFY(error < bound);
    QVERIFY(std::abs(outputs.loss - expected.at("loss").item<float>()) < lossBound(*model, expected.at("input_ids")));
    QVERIFY(outputs.hidden.size() > 2);
    for (std::size_t i = 0; i < outputs.hidden.size(); ++i)
        QVERIFY(relativeError(outputs.hidden[i], expected.at("hidden." + std::to_string(i))) < bound);
}

void ReferenceTest::hubSpellingOfTheConfig()
{
    const std::string name = currentModel();
    const std::filesystem::path hub = testData(name + "/config.hub.json");
    if (!std::filesystem::exists(hub))
        QSKIP("the reference has one spelling of this config");
    const QTemporaryDir folder;
    const std::filesystem::path copy = folder.path().toStdString();
    std::filesystem::copy_file(hub, copy / "config.json");
    std::filesystem::copy_file(testData(name + "/model.safetensors"), copy / "model.safetensors");
    const auto expected = readTensors(testData(name + "/expected.safetensors"));
    const auto found = evaluation::outputs(*loadModel(copy, {}, {}), expected.at("input_ids"), {}, {});
    const auto usual = evaluation::outputs(*loaded(name), expected.at("input_ids"), {}, {});
    QVERIFY(at::equal(found.logits, usual.logits));
    QVERIFY(relativeError(found.logits, expected.at("logits")) < bound);
}

void ReferenceTest::lossWithoutEachLayer()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto model = loaded(name);
    const at::Tensor losses = expected.at("loss_without_layer");
    QCOMPARE(losses.numel(), model->card().layers);
    const double allowed = lossBound(*model, expected.at("input_ids"));
    for (int layer = 0; layer < model->card().layers; ++layer) {
        const Plan plan{{{unitId("block", layer), ""}}};
        if (std::isnan(losses[layer].item<float>())) { // it makes the keys that others read
            const Error refused = errorOf([&] { pruning::apply(*model, plan); });
            QCOMPARE(refused.code, ErrorCode::Mismatch);
            QVERIFY(refused.message.find("keys") != std::string::npos);
            continue;
        }
        const auto outputs = evaluation::outputs(*model, expected.at("input_ids"), plan, {});
        const double error = std::abs(outputs.loss - losses[layer].item<float>());
        QVERIFY2(error < allowed, qPrintable(QString("layer %1: %2 of %3").arg(layer).arg(error).arg(allowed)));
    }
}

void ReferenceTest::gradientsOfEveryParameter()
{
    const std::string name = currentModel();
    auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    if (name == "hymba")
        expected.merge(readTensors(testData("hymba/extras.safetensors")));
    const auto model = loaded(name);
    const double allowed = lossBound(*model, expected.at("input_ids"));
    const auto gradients = evaluation::gradients(*model, expected.at("input_ids"), {});
    QVERIFY(std::abs(gradients.loss - expected.at("loss").item<float>()) < allowed);
    std::size_t compared = 0;
    double worst = 0;
    for (const auto &[key, tensor] : expected) {
        if (!key.starts_with("grad."))
            continue;
        std::string parameter = key.substr(5);
        if (name != answersOf(name) && parameter == "backbone.embeddings.weight")
            parameter = "backbone.embedding.weight";
        const auto found = gradients.parameters.find(parameter);
        QVERIFY2(found != gradients.parameters.end(), parameter.c_str());
        const double error = relativeError(found->second, tensor);
        worst = std::max(worst, error);
        QVERIFY2(error < 10 * allowed, qPrintable(QString("%1: %2").arg(QString::fromStdString(parameter)).arg(error)));
        ++compared;
    }
    if (compared == 0)
        QSKIP("the reference has no gradients of this architecture");
    qInfo("%s: %d gradients differ by %.2g at most", name.c_str(), static_cast<int>(compared), worst);
    QCOMPARE(compared, gradients.parameters.size());
}

void ReferenceTest::partsOfHymba()
{
    if (currentModel() != "hymba")
        QSKIP("of this architecture alone");
    const auto ids = readTensors(testData("hymba/expected.safetensors")).at("input_ids");
    const auto extras = readTensors(testData("hymba/extras.safetensors"));
    const auto model = loaded("hymba");
    const std::pair<const char *, std::vector<const char *>> removals[] = {{"attn", {"attention"}},
                                                                           {"ssm", {"ssm"}},
                                                                           {"attn_and_ssm", {"attention", "ssm"}},
                                                                           {"mixer", {"mixer"}},
                                                                           {"mlp", {"mlp"}}};
    int compared = 0;
    for (const auto &[name, kinds] : removals) {
        const at::Tensor losses = extras.at(std::string("loss_without_") + name);
        for (int layer = 0; layer < model->card().layers; ++layer) {
            Plan plan;
            for (const char *kind : kinds)
                plan.removals.push_back({unitId(kind, layer), ""});
            const double expected = losses[layer].item<float>();
            if (std::isnan(expected)) {
                QCOMPARE(errorOf([&] { pruning::apply(*model, plan); }).code, ErrorCode::Mismatch);
                continue;
            }
            const double found = evaluation::outputs(*model, ids, plan, {}).loss;
            QVERIFY2(
                std::abs(found - expected) < 1e-5,
                qPrintable(QString("%1 of layer %2: %3, expected %4").arg(name).arg(layer).arg(found).arg(expected)));
            ++compared;
        }
    }
    QVERIFY(compared > 30);
}

void ReferenceTest::gradientsWithLittleMemory()
{
    const auto model = loaded(currentModel());
    const at::Tensor ids = at::arange(40, at::kLong).mul(37).remainder(272).view({2, 20});
    const auto kept = evaluation::gradients(*model, ids, {});
    const auto computedTwice = evaluation::gradients(*model, ids, {}, 0);
    const double allowed = lossBound(*model, ids);
    QVERIFY(std::abs(kept.loss - computedTwice.loss) < allowed);
    for (const auto &[name, gradient] : kept.parameters)
        QVERIFY2(relativeError(computedTwice.parameters.at(name), gradient) < 10 * allowed,
                 qPrintable(QString("%1: %2")
                                .arg(QString::fromStdString(name))
                                .arg(relativeError(computedTwice.parameters.at(name), gradient))));
}

void ReferenceTest::bfloat16IsNear()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto model = loaded(name, {.dtype = DType::BF16});
    QCOMPARE(model->network->head().compute, at::kBFloat16);
    const auto outputs = evaluation::outputs(*model, expected.at("input_ids"), {}, {});
    const double error = relativeError(outputs.logits, expected.at("logits"));
    const double amplified = amplification(*loaded(name), expected.at("input_ids"));
    const double rounding = amplified / 512;
    qInfo("%s: bfloat16 logits differ by %.2g, weights rounded alone would by %.2g", name.c_str(), error, rounding);
    QVERIFY(error > 1e-5);
    QVERIFY(error < 2 * rounding);
    QVERIFY(error < 0.15 || amplifiesRounding(amplified)); // random weights, wider than trained ones
    const double lossError = std::abs(outputs.loss / expected.at("loss").item<float>() - 1);
    QVERIFY2(lossError < 0.02, qPrintable(QString::number(lossError)));
}

void ReferenceTest::sameBitsEveryTime()
{
    const auto model = loaded(currentModel());
    const at::Tensor ids = at::arange(64, at::kLong).mul(11).remainder(272).view({2, 32});
    const auto first = evaluation::outputs(*model, ids, {}, {});
    const auto second = evaluation::outputs(*model, ids, {}, {});
    QVERIFY(at::equal(first.logits, second.logits));
    QCOMPARE(first.loss, second.loss);
}

QTEST_GUILESS_MAIN(ReferenceTest)
#include "tst_reference.moc"
