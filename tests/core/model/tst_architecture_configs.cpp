// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>

#include <fmt/format.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/evaluation/outputs.h"
#include "tests/core/model/rounding.h"

using namespace ecdysis;

namespace {

const at::Tensor ids = at::arange(24, at::kLong).mul(37).remainder(272).view({2, 12});

/// A model of random weights, as its config describes it.
struct RandomModel
{
    explicit RandomModel(const io::Config &config) : blueprint(architectures::recognise(config).describe(config))
    {
        at::manual_seed(8);
        for (const architectures::Parameter &parameter : blueprint.parameters)
            if (parameter.tiedTo.empty())
                weights[parameter.name] = at::randn(parameter.shape).mul_(0.2);
        network = architectures::recognise(config).build(config, weights);
    }

    architectures::Blueprint blueprint;
    architectures::Weights weights;
    std::unique_ptr<const architectures::Network> network;
};

} // namespace

/// Configs as they come: what they describe, what they choose, what is refused.
class ArchitectureConfigsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stateSpacesLayoutWithAttentionAndMlps();
    void codestralIsThatLayoutUnderOtherNames();
    void conventionsAreChosen();
    void ssmParametersAreRounded();
    void refusals_data();
    void refusals();
};

void ArchitectureConfigsTest::stateSpacesLayoutWithAttentionAndMlps()
{
    for (const char *kind : {"Mamba1", "Mamba2"}) {
        const auto config = valueOrThrow(io::Config::parse(
            fmt::format(R"({{"d_model": 32, "n_layer": 3, "vocab_size": 270, "pad_vocab_size_multiple": 16,
                            "d_intermediate": 40, "ssm_cfg": {{"layer": "{}", "d_state": 8, "headdim": 16}},
                            "attn_layer_idx": [1], "attn_cfg": {{"num_heads": 4, "num_heads_kv": 2, "causal": true,
                            "rotary_emb_dim": 4, "d_conv": 4}}}})",
                        kind),
            "config.json"));
        const RandomModel model(config);
        QCOMPARE(model.blueprint.layerTypes[1], std::string("attention"));
        QVERIFY(model.blueprint.layerTypes[0] == model.blueprint.layerTypes[2]);
        const auto &shapes = model.weights;
        QCOMPARE(shapes.at("backbone.embedding.weight").sizes().vec(), (std::vector<std::int64_t>{272, 32}));
        QCOMPARE(shapes.at("backbone.layers.1.mixer.in_proj.weight").size(0), std::int64_t{(4 + 2 * 2) * 8});
        QCOMPARE(shapes.at("backbone.layers.1.mixer.in_proj.bias").size(0), std::int64_t{64});
        QCOMPARE(shapes.at("backbone.layers.0.mlp.fc1.weight").size(0), std::int64_t{256}); // 40 rounded up, twice

        // Value first, gate second; without its mixer, a layer is that MLP alone.
        const architectures::Stream stream = model.network->embed(ids);
        const architectures::Removed removed[] = {{"attention"}};
        const at::Tensor found = model.network->layer(1, stream, removed, {}).front().residual;
        const at::Tensor &x = stream.residual;
        const at::Tensor hidden =
            x * at::rsqrt(x.square().mean(-1, true) + 1e-5) * shapes.at("backbone.layers.1.norm2.weight");
        const auto halves = at::linear(hidden, shapes.at("backbone.layers.1.mlp.fc1.weight")).chunk(2, -1);
        const at::Tensor expected =
            x + at::linear(halves[0] * at::silu(halves[1]), shapes.at("backbone.layers.1.mlp.fc2.weight"));
        QVERIFY(relativeError(found, expected) < 1e-5);
    }
}

void ArchitectureConfigsTest::codestralIsThatLayoutUnderOtherNames()
{
    const auto params = valueOrThrow(io::Config::parse(
        R"({"dim": 128, "n_layers": 2, "vocab_size": 272, "n_groups": 2, "tie_embeddings": false})", "params.json"));
    const auto native = valueOrThrow(io::Config::parse(
        R"({"d_model": 128, "n_layer": 2, "vocab_size": 272, "pad_vocab_size_multiple": 1, "tie_embeddings": false,
            "ssm_cfg": {"layer": "Mamba2", "ngroups": 2}, "ecdysis": {"gated_norm": "group"}})",
        "config.json"));
    const RandomModel one(params);
    RandomModel other(native);
    QCOMPARE(one.blueprint.parameters.size(), other.blueprint.parameters.size());
    for (const architectures::Parameter &parameter : other.blueprint.parameters)
        other.weights[parameter.name] = one.weights.at("model." + parameter.name);
    const auto rebuilt = architectures::recognise(native).build(native, other.weights);
    const std::vector<architectures::Removed> nothing(2);
    QVERIFY(at::equal(logitsOf(*one.network, ids, nothing), logitsOf(*rebuilt, ids, nothing)));

    // As its folder has it: params.json and consolidated.safetensors.
    const QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    std::vector<io::TensorView> views;
    for (const auto &[name, tensor] : one.weights)
        views.push_back({name,
                         DType::F32,
                         tensor.sizes().vec(),
                         {static_cast<const std::byte *>(tensor.data_ptr()), tensor.nbytes()}});
    valueOrThrow(io::writeSafetensors(path / "consolidated.safetensors", views));
    std::ofstream(path / "params.json") << params.json();
    const auto model = loadModel(path, {}, {});
    QCOMPARE(model->card().conventions.front().value, std::string("group"));
    QVERIFY(at::equal(logitsOf(*model->network, ids, nothing), logitsOf(*one.network, ids, nothing)));
}

void ArchitectureConfigsTest::conventionsAreChosen()
{
    const auto expected = readTensors(testData("zamba2_norope/expected.safetensors"));
    const auto errorWith = [&](const ComputeOptions &options) {
        const auto model = loaded("zamba2_norope", options);
        return relativeError(evaluation::outputs(*model, expected.at("input_ids"), {}, {}).logits,
                             expected.at("logits"));
    };
    QVERIFY(errorWith({}) < 1e-4); // transformers on a processor has a floor
    QVERIFY(errorWith({.conventions = {{"dt_floor", "none"}}}) > 1e-3);
    const auto convention = loaded("zamba2_norope")->card().conventions.front();
    QCOMPARE(convention.name, std::string("dt_floor"));
    QCOMPARE(convention.value, std::string("time_step_min"));
    QVERIFY(provenance(*loaded("zamba2_norope"), {}).versions !=
            provenance(*loaded("zamba2_norope", {.conventions = {{"dt_floor", "none"}}}), {}).versions);

    const Error unknown = errorOf([&] { loaded("mamba", {.conventions = {{"dt_floor", "none"}}}); });
    QCOMPARE(unknown.code, ErrorCode::InvalidArgument);
    const Error value = errorOf([&] { loaded("bamba", {.conventions = {{"rope_width", "third"}}}); });
    QCOMPARE(value.code, ErrorCode::InvalidArgument);
    QVERIFY(value.message.find("half, full") != std::string::npos);
}

/// As transformers rounds them, like every other parameter, when it loads a model in bfloat16.
void ArchitectureConfigsTest::ssmParametersAreRounded()
{
    for (const char *name : {"mamba", "mamba2", "falcon_mamba", "zamba", "hymba"}) {
        const auto stored = loaded(name, {.dtype = DType::BF16});
        const auto rounded = loaded(name, {.dtype = DType::BF16, .conventions = {{"ssm_precision", "compute"}}});
        QCOMPARE(stored->card().conventions.back().value, std::string("stored"));
        int compared = 0;
        for (const auto &[tensor, weight] : stored->weights) {
            const bool ofSsm = tensor.find(".A_log") != tensor.npos || tensor.ends_with(".D") ||
                               tensor.ends_with(".D.0") || tensor.ends_with(".dt_bias") ||
                               tensor.ends_with(".dt_proj.bias") || tensor.ends_with(".dt_proj.0.bias") ||
                               tensor.ends_with(".dt_proj_bias");
            compared += ofSsm;
            const at::Tensor expected = ofSsm ? weight.to(at::kBFloat16).to(at::kFloat) : weight;
            QVERIFY2(at::equal(rounded->weights.at(tensor), expected), tensor.c_str());
        }
        QVERIFY(compared >= 3 * stored->card().layers);
        const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(stored->card().layers));
        QVERIFY(relativeError(logitsOf(*rounded->network, ids, nothing), logitsOf(*stored->network, ids, nothing)) > 0);
        // In float32 there is nothing to round to.
        const auto exact = loaded(name, {.conventions = {{"ssm_precision", "compute"}}});
        QVERIFY(at::equal(logitsOf(*exact->network, ids, nothing), logitsOf(*loaded(name)->network, ids, nothing)));
    }
}

void ArchitectureConfigsTest::refusals_data()
{
    QTest::addColumn<QString>("config");
    QTest::addColumn<QString>("key");
    QTest::newRow("other model") << R"({"model_type": "llama"})"
                                 << "llama";
    QTest::newRow("not a model") << R"({"a": 1})"
                                 << "d_model";
    QTest::newRow("quantised") << R"({"model_type": "mamba", "quantization_config": {"bits": 4}})"
                               << "quantization_config";
    QTest::newRow("activation") << R"({"model_type": "mamba2", "hidden_act": "gelu"})"
                                << "hidden_act";
    QTest::newRow("Mamba-3") << R"({"d_model": 64, "n_layer": 2, "ssm_cfg": {"layer": "Mamba3"}})"
                             << "Mamba3";
    QTest::newRow("attention that sees the future") << R"({"d_model": 64, "n_layer": 2, "attn_layer_idx": [1]})"
                                                    << "attn_cfg.causal";
    QTest::newRow("rope") << R"({"model_type": "falcon_h1", "rope_parameters": {"rope_type": "yarn"}})"
                          << "rope_parameters.rope_type";
    QTest::newRow("layer type") << R"({"model_type": "nemotron_h", "num_hidden_layers": 2,
                                       "hybrid_override_pattern": "MX"})"
                                << "hybrid_override_pattern";
    QTest::newRow("convention") << R"({"model_type": "mamba2", "ecdysis": {"gated_norm": "none"}})"
                                << "ecdysis.gated_norm";
    QTest::newRow("Zyphra's fork") << R"({"model_type": "zamba2", "hidden_size": 64, "ffn_hidden_size": 256})"
                                   << "ffn_hidden_size";
    QTest::newRow("LayerNorm") << R"({"d_model": 64, "n_layer": 2, "rms_norm": false})"
                               << "rms_norm";
    QTest::newRow("partial scan") << R"({"d_model": 64, "n_layer": 2, "ssm_cfg": {"layer": "Mamba2", "d_ssm": 64}})"
                                  << "ssm_cfg.d_ssm";
    QTest::newRow("no layers") << R"({"model_type": "mamba", "num_hidden_layers": 0})"
                               << "num_hidden_layers";
    QTest::newRow("wrong type") << R"({"model_type": "mamba", "state_size": "many"})"
                                << "state_size";
    QTest::newRow("heads") << R"({"model_type": "mamba2", "num_heads": 3})"
                           << "num_heads";
}

void ArchitectureConfigsTest::refusals()
{
    QFETCH(QString, config);
    QFETCH(QString, key);
    const auto parsed = valueOrThrow(io::Config::parse(config.toStdString(), "config.json"));
    const Error error = errorOf([&] { architectures::recognise(parsed).describe(parsed); });
    QVERIFY(error.code == ErrorCode::Unsupported || error.code == ErrorCode::BadFormat ||
            error.code == ErrorCode::InvalidArgument);
    const std::string text = error.where + ": " + error.message;
    QVERIFY2(text.find(key.toStdString()) != std::string::npos, text.c_str());
    QVERIFY2(text.find("config.json") != std::string::npos, text.c_str());
}

QTEST_GUILESS_MAIN(ArchitectureConfigsTest)
#include "tst_architecture_configs.moc"
