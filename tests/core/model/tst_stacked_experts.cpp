// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <filesystem>
#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include "core/evaluation/gradients.h"
#include "core/evaluation/outputs.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

const at::Tensor ids = at::arange(2 * 21, at::kLong).mul(37).remainder(272).view({2, 21});

/// A checkpoint's tensors with those of experts stacked as transformers 5 keeps them: gates before the others.
Tensors stacked(const Tensors &tensors)
{
    Tensors result;
    for (const auto &[name, tensor] : tensors) {
        const auto first = name.find(".experts.0.");
        if (first == name.npos) {
            if (name.find(".experts.") == name.npos)
                result[name] = tensor;
            continue;
        }
        const std::string path = name.substr(0, first + 9);
        const auto matrices = [&](const std::string &matrix) {
            std::vector<at::Tensor> of;
            for (int expert = 0; tensors.contains(path + std::to_string(expert) + matrix); ++expert)
                of.push_back(tensors.at(path + std::to_string(expert) + matrix));
            return of.empty() ? at::Tensor() : at::stack(of);
        };
        const at::Tensor gate = matrices(".gate_proj.weight");
        const at::Tensor up = matrices(".up_proj.weight");
        if (gate.defined())
            result[path + "gate_up_proj"] = at::cat({gate, up}, 1);
        else
            result[path + "up_proj"] = up;
        result[path + "down_proj"] = matrices(".down_proj.weight");
    }
    return result;
}

void write(const std::filesystem::path &file, const Tensors &tensors)
{
    Tensors dense;
    std::vector<io::TensorView> views;
    for (const auto &[name, tensor] : tensors) {
        const at::Tensor &kept = dense[name] = tensor.contiguous();
        views.push_back(
            {name, DType::F32, kept.sizes().vec(), {static_cast<const std::byte *>(kept.data_ptr()), kept.nbytes()}});
    }
    valueOrThrow(io::writeSafetensors(file, views));
}

void writeModel(const std::filesystem::path &folder, const std::string &config, const Tensors &tensors)
{
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json") << config;
    write(folder / "model.safetensors", tensors);
}

// The fixture of Nemotron-H has no experts.
constexpr const char *nemotron = R"({"model_type": "nemotron_h", "hidden_size": 32, "vocab_size": 272,
    "hybrid_override_pattern": "ME*E", "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
    "intermediate_size": 48, "mamba_num_heads": 4, "mamba_head_dim": 16, "ssm_state_size": 8, "n_groups": 2,
    "n_routed_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 20, "moe_latent_size": 12,
    "moe_shared_expert_intermediate_size": 24, "routed_scaling_factor": 1.5})";

Tensors randomTensors(const std::string &text)
{
    const auto config = valueOrThrow(io::Config::parse(text, "config.json"));
    at::manual_seed(9);
    Tensors tensors;
    for (const architectures::Parameter &parameter : architectures::recognise(config).describe(config).parameters)
        tensors[parameter.name] = at::randn(parameter.shape).mul_(0.2);
    return tensors;
}

std::string textOf(const std::filesystem::path &file)
{
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

/// Experts whose tensors a file holds stacked are those that other files hold one by one.
class StackedExpertsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void init();
    void sameAnswers();
    void unitsGoAlike();
    void gradientsBearTheirNames();

private:
    QTemporaryDir m_folder;
    std::shared_ptr<const Model::State> m_separate;
    std::shared_ptr<const Model::State> m_stacked;
};

void StackedExpertsTest::initTestCase_data()
{
    QTest::addColumn<QString>("config");
    QTest::newRow("jamba") << QString::fromStdString(textOf(testData("jamba/config.json")));
    QTest::newRow("nemotron_h") << nemotron;
}

void StackedExpertsTest::init()
{
    QFETCH_GLOBAL(QString, config);
    const bool jamba = config != QLatin1String(nemotron);
    const std::filesystem::path folder = m_folder.path().toStdString();
    const Tensors tensors =
        jamba ? readTensors(testData("jamba/model.safetensors")) : randomTensors(config.toStdString());
    const Tensors together = stacked(tensors);
    QVERIFY(together.size() < tensors.size());
    writeModel(folder / "separate", config.toStdString(), tensors);
    writeModel(folder / "stacked", config.toStdString(), together);
    m_separate = loadModel(folder / "separate", {}, {});
    m_stacked = loadModel(folder / "stacked", {}, {});
}

void StackedExpertsTest::sameAnswers()
{
    const at::Tensor expected = evaluation::outputs(*m_separate, ids, {}, {}).logits;
    QVERIFY(relativeError(evaluation::outputs(*m_stacked, ids, {}, {}).logits, expected) < 1e-6);
    QCOMPARE(m_stacked->card().parameters, m_separate->card().parameters);
    QCOMPARE(m_stacked->card().flopsPerToken, m_separate->card().flopsPerToken);
    QVERIFY(m_stacked->card().warnings.empty());
    if (m_stacked->card().architecture != "jamba")
        return;
    const auto reference = readTensors(testData("jamba/expected.safetensors"));
    const auto outputs = evaluation::outputs(*m_stacked, reference.at("input_ids"), {}, {});
    QVERIFY(relativeError(outputs.logits, reference.at("logits")) < 1e-5);
}

void StackedExpertsTest::unitsGoAlike()
{
    int compared = 0;
    for (const Unit &unit : m_stacked->card().units) {
        if (unit.kind != "experts" && unit.kind != "expert_channels" && unit.kind != "moe")
            continue;
        const auto found = std::ranges::find(m_separate->card().units, unit.id, &Unit::id);
        QVERIFY2(found != m_separate->card().units.end(), unit.id.c_str());
        QCOMPARE(unit.parameters, found->parameters);
        QCOMPARE(unit.flopsPerToken, found->flopsPerToken);
        const Plan plan{.removals = {{unit.id, ""}}};
        const auto one = evaluation::outputs(*m_stacked, ids, plan, {});
        const auto other = evaluation::outputs(*m_separate, ids, plan, {});
        QVERIFY2(relativeError(one.logits, other.logits) < 1e-6, unit.id.c_str());
        ++compared;
    }
    QVERIFY(compared > 6);
}

void StackedExpertsTest::gradientsBearTheirNames()
{
    const auto expected = stacked(evaluation::gradients(*m_separate, ids, {}).parameters);
    const auto found = evaluation::gradients(*m_stacked, ids, {}).parameters;
    QCOMPARE(found.size(), expected.size());
    for (const auto &[name, gradient] : expected)
        QVERIFY2(relativeError(found.at(name), gradient) < 1e-4, name.c_str());
}

QTEST_GUILESS_MAIN(StackedExpertsTest)
#include "tst_stacked_experts.moc"
