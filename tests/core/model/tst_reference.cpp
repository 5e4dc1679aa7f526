// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QTest>

#include "core/evaluation/gradients.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "tests/core/model/model_support.h"

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
    for (const char *name :
         {"mamba", "mamba_nobias_f32res", "mamba2", "mamba2_g1", "mamba_original", "mamba2_original"})
        QTest::newRow(name) << name;
}

std::string currentModel()
{
    QFETCH_GLOBAL(QString, model);
    return model.toStdString();
}

/// Half of what is promised. Processors round in their own order: most come to 1e-6, one with AMX to 1.1e-5.
constexpr double bound = 5e-5;

} // namespace

/// Models against the answers that transformers gives for them.
class ReferenceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addModels(); }
    void logitsAndHiddenStates();
    void lossWithoutEachLayer();
    void gradientsOfEveryParameter();
    void gradientsWithLittleMemory();
    void bfloat16IsNear();
    void sameBitsEveryTime();
};

void ReferenceTest::logitsAndHiddenStates()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto outputs = evaluation::outputs(*loaded(name), expected.at("input_ids"), {}, {});
    const double error = relativeError(outputs.logits, expected.at("logits"));
    qInfo("%s: logits differ by %.2g", name.c_str(), error);
    QVERIFY(error < bound);
    QVERIFY(std::abs(outputs.loss - expected.at("loss").item<float>()) < 1e-5);
    QVERIFY(outputs.hidden.size() > 2);
    for (std::size_t i = 0; i < outputs.hidden.size(); ++i)
        QVERIFY(relativeError(outputs.hidden[i], expected.at("hidden." + std::to_string(i))) < bound);
}

void ReferenceTest::lossWithoutEachLayer()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto model = loaded(name);
    const at::Tensor losses = expected.at("loss_without_layer");
    QCOMPARE(losses.numel(), model->card().layers);
    for (int layer = 0; layer < model->card().layers; ++layer) {
        const Plan plan{{{unitId("block", layer), ""}}};
        const auto outputs = evaluation::outputs(*model, expected.at("input_ids"), plan, {});
        QVERIFY(std::abs(outputs.loss - losses[layer].item<float>()) < 1e-5);
    }
}

void ReferenceTest::gradientsOfEveryParameter()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto gradients = evaluation::gradients(*loaded(name), expected.at("input_ids"), {});
    QVERIFY(std::abs(gradients.loss - expected.at("loss").item<float>()) < 1e-5);
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
        QVERIFY2(error < 1e-4, qPrintable(QString("%1: %2").arg(QString::fromStdString(parameter)).arg(error)));
        ++compared;
    }
    qInfo("%s: %d gradients differ by %.2g at most", name.c_str(), static_cast<int>(compared), worst);
    QCOMPARE(compared, gradients.parameters.size());
}

void ReferenceTest::gradientsWithLittleMemory()
{
    const auto model = loaded(currentModel());
    const at::Tensor ids = at::arange(40, at::kLong).mul(37).remainder(272).view({2, 20});
    const auto kept = evaluation::gradients(*model, ids, {});
    const auto computedTwice = evaluation::gradients(*model, ids, {}, 0);
    QVERIFY(std::abs(kept.loss - computedTwice.loss) < 1e-5);
    for (const auto &[name, gradient] : kept.parameters)
        QVERIFY2(relativeError(computedTwice.parameters.at(name), gradient) < 1e-4, name.c_str());
}

void ReferenceTest::bfloat16IsNear()
{
    const std::string name = currentModel();
    const auto expected = readTensors(testData(answersOf(name) + "/expected.safetensors"));
    const auto model = loaded(name, {.dtype = DType::BF16});
    QCOMPARE(model->network->head().scalar_type(), at::kBFloat16);
    const auto outputs = evaluation::outputs(*model, expected.at("input_ids"), {}, {});
    const double error = relativeError(outputs.logits, expected.at("logits"));
    qInfo("%s: bfloat16 logits differ by %.2g", name.c_str(), error);
    QVERIFY(error > 1e-5);
    QVERIFY(error < 0.15); // random weights, wider than trained ones
    QVERIFY(std::abs(outputs.loss / expected.at("loss").item<float>() - 1) < 0.02);
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
