// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>
#include <limits>

#include <fmt/format.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/evaluation/outputs.h"
#include "core/pruning/applied_plan.h"
#include "core/weights.h"
#include "tests/core/model/rounding.h"

using namespace ecdysis;

namespace {

/// A copy of a model whose tensors can be changed before it is read again.
class ChangedModel
{
public:
    explicit ChangedModel(const std::string &name)
        : m_tensors(readTensors(testData(name) / "model.safetensors")), m_config(readText(testData(name)))
    {
        if (m_config.contains("time_step_limit")) // JSON has no infinity
            m_config["time_step_limit"] = {0.0, {{"__float__", "Infinity"}}};
    }

    static nlohmann::json readText(const std::filesystem::path &folder)
    {
        return valueOrThrow(io::Config::read(folder / "config.json")).json();
    }

    std::map<std::string, at::Tensor> &tensors() { return m_tensors; }
    nlohmann::json &config() { return m_config; }

    /// Writes both files and returns their folder.
    std::filesystem::path written()
    {
        std::vector<io::TensorView> views;
        for (auto &[name, tensor] : m_tensors) {
            tensor = tensor.contiguous();
            views.push_back({.name = name,
                             .dtype = tensor.scalar_type() == at::kFloat      ? DType::F32
                                      : tensor.scalar_type() == at::kBFloat16 ? DType::BF16
                                      : tensor.scalar_type() == at::kHalf     ? DType::F16
                                                                              : DType::I64,
                             .shape = tensor.sizes().vec(),
                             .bytes = {static_cast<const std::byte *>(tensor.data_ptr()), tensor.nbytes()}});
        }
        const std::filesystem::path folder = m_folder.path().toStdString();
        valueOrThrow(io::writeSafetensors(folder / "model.safetensors", views));
        std::ofstream(folder / "config.json") << m_config;
        return folder;
    }

private:
    std::map<std::string, at::Tensor> m_tensors;
    nlohmann::json m_config;
    QTemporaryDir m_folder;
};

const at::Tensor ids = at::arange(24, at::kLong).mul(37).remainder(272).view({2, 12});

at::Tensor logitsOf(const std::filesystem::path &folder)
{
    return evaluation::outputs(*loadModel(folder, {}, {}), ids, {}, {}).logits;
}

/// The units of a card that are whole parts.
std::vector<Unit> parts(const ModelCard &card)
{
    std::vector<Unit> result;
    std::ranges::copy_if(card.units, std::back_inserter(result), [](const Unit &unit) { return unit.isPart(); });
    return result;
}

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

const std::string inProjection = "backbone.layers.2.mixer.in_proj.weight";

} // namespace

/// Configs and checkpoints as they come, sound and broken.
class LoadingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cardOfMamba();
    void cardOfMamba2();
    void cardsOfBothLayoutsAgree();
    void missingTensor();
    void wrongShape();
    void integerTensor();
    void unknownTensorIsAWarning();
    void tiedHeadIsNotRead();
    void storedTypesAreConverted_data();
    void storedTypesAreConverted();
    void otherSpellingOfTheEmbedding();
    void absentKeysHaveTheDefaultsOfTheClass();
    void widthInTheFileWins();
    void hubSpellingOfInfinity();
    void stateSpacesLayoutWithAttentionAndMlps();
    void codestralIsThatLayoutUnderOtherNames();
    void conventionsAreChosen();
    void weightsConvertedInUse();
    void refusals_data();
    void refusals();
    void optionsAreChecked();
    void planMustFitTheModel();
};

void LoadingTest::cardOfMamba()
{
    const ModelCard card = readCard(testData("mamba"));
    QCOMPARE(card.architecture, std::string("mamba"));
    QCOMPARE(card.layout, std::string("hf"));
    QCOMPARE(card.layers, 4);
    const std::int64_t perLayer = 64 + 256 * 64 + 128 * 4 + 128 + 22 * 128 + 128 * 6 + 128 + 128 * 8 + 128 + 64 * 128;
    QCOMPARE(card.parameters, 272 * 64 + 64 + 4 * perLayer);
    QCOMPARE(card.bytes, 4 * card.parameters);
    QCOMPARE(parts(card).size(), std::size_t{8});
    QCOMPARE(card.units[2].id, std::string("block:1"));
    QCOMPARE(card.units[2].parameters, perLayer);
    QCOMPARE(card.units[2].loaders, (std::vector<std::string>{"transformers", "mamba_ssm"}));
    QCOMPARE(card.units[3].id, std::string("ssm:1"));
    QCOMPARE(card.units[3].parameters, std::int64_t{22 * 128 + 128 * 6 + 128 + 128 * 8 + 128});
    QVERIFY(card.units[3].loaders.empty());
    QCOMPARE(card.components.front().name, std::string("embeddings"));
    QCOMPARE(card.components.back().name, std::string("norm_f"));
    QCOMPARE(card.components[3].name, std::string("layers.0.mixer.conv1d"));
    QCOMPARE(card.components[3].parameters, std::int64_t{128 * 5});
    QCOMPARE(card.tied, std::vector<std::string>{"lm_head.weight"});
    QVERIFY(card.warnings.empty());
    double units = 0;
    for (const Unit &unit : card.units)
        units += unit.kind == "block" ? unit.flopsPerToken : 0;
    QCOMPARE(card.flopsPerToken, units + 2.0 * 272 * 64);
}

void LoadingTest::cardOfMamba2()
{
    const ModelCard card = readCard(testData("mamba2_g1"));
    QCOMPARE(card.title, std::string("Mamba-2"));
    QCOMPARE(card.components.back().name, std::string("lm_head"));
    QVERIFY(card.tied.empty());
    const std::int64_t rows = 2 * 32 + 16; // B, C and dt of in_proj
    QCOMPARE(card.units[1].parameters, rows * 64 + 64 * 4 + 64 + 3 * 16);
    QCOMPARE(card.units[1].bytes, 4 * card.units[1].parameters);
    QCOMPARE(card.units[1].tensors.size(), std::size_t{3});
}

void LoadingTest::cardsOfBothLayoutsAgree()
{
    for (const std::string name : {"mamba", "mamba2"}) {
        const ModelCard one = readCard(testData(name));
        const ModelCard other = readCard(testData(name + "_original"));
        QCOMPARE(other.layout, std::string("original"));
        QCOMPARE(other.warnings.size(), one.warnings.size());
        QCOMPARE(other.parameters, one.parameters);
        QCOMPARE(other.flopsPerToken, one.flopsPerToken);
        QCOMPARE(other.units.size(), one.units.size());
        QVERIFY(other.dimensions == one.dimensions);
    }
}

void LoadingTest::missingTensor()
{
    ChangedModel changed("mamba");
    changed.tensors().erase(inProjection);
    const auto folder = changed.written();
    const Error error = errorOf([&] { readCard(folder); });
    QCOMPARE(error.code, ErrorCode::Mismatch);
    QVERIFY(error.where.find(inProjection) != std::string::npos);
    QVERIFY(error.message.find("(256, 64)") != std::string::npos);
}

void LoadingTest::wrongShape()
{
    ChangedModel changed("mamba");
    changed.tensors()[inProjection] = at::zeros({255, 64});
    const auto folder = changed.written();
    const Error error = errorOf([&] { loadModel(folder, {}, {}); });
    QCOMPARE(error.code, ErrorCode::Mismatch);
    QVERIFY(error.where.find("model.safetensors") != std::string::npos);
    QVERIFY(error.where.find(inProjection) != std::string::npos);
    QVERIFY(error.message.find("(256, 64)") != std::string::npos);
    QVERIFY(error.message.find("(255, 64)") != std::string::npos);
}

void LoadingTest::integerTensor()
{
    ChangedModel changed("mamba");
    changed.tensors()[inProjection] = at::zeros({256, 64}, at::kLong);
    const auto folder = changed.written();
    const Error error = errorOf([&] { readCard(folder); });
    QCOMPARE(error.code, ErrorCode::Mismatch);
    QVERIFY(error.message.find("I64") != std::string::npos);
}

void LoadingTest::unknownTensorIsAWarning()
{
    ChangedModel changed("mamba");
    changed.tensors()["backbone.layers.0.mixer.extra"] = at::zeros({3});
    const ModelCard card = readCard(changed.written());
    QCOMPARE(card.warnings.size(), std::size_t{1});
    QVERIFY(card.warnings[0].find("mixer.extra") != std::string::npos);
    QCOMPARE(card.parameters, readCard(testData("mamba")).parameters);
}

void LoadingTest::tiedHeadIsNotRead()
{
    ChangedModel changed("mamba");
    changed.tensors()["lm_head.weight"] = at::zeros({272, 64});
    const auto folder = changed.written();
    QCOMPARE(readCard(folder).warnings.size(), std::size_t{1});
    QVERIFY(at::equal(logitsOf(folder), logitsOf(testData("mamba"))));
}

void LoadingTest::storedTypesAreConverted_data()
{
    QTest::addColumn<int>("type");
    QTest::newRow("BF16") << static_cast<int>(at::kBFloat16);
    QTest::newRow("F16") << static_cast<int>(at::kHalf);
}

void LoadingTest::storedTypesAreConverted()
{
    QFETCH(int, type);
    ChangedModel stored("mamba2");
    ChangedModel rounded("mamba2");
    for (auto &[name, tensor] : stored.tensors()) {
        tensor = tensor.to(static_cast<at::ScalarType>(type));
        rounded.tensors()[name] = tensor.to(at::kFloat);
    }
    QVERIFY(at::equal(logitsOf(stored.written()), logitsOf(rounded.written())));
    QCOMPARE(readCard(stored.written()).bytes, readCard(rounded.written()).bytes / 2);
}

void LoadingTest::otherSpellingOfTheEmbedding()
{
    ChangedModel changed("mamba");
    auto entry = changed.tensors().extract("backbone.embeddings.weight");
    entry.key() = "backbone.embedding.weight";
    changed.tensors().insert(std::move(entry));
    const auto folder = changed.written();
    QVERIFY(readCard(folder).warnings.empty());
    QCOMPARE(readCard(folder).components.front().tensors.front().name, std::string("backbone.embedding.weight"));
    QVERIFY(at::equal(logitsOf(folder), logitsOf(testData("mamba"))));
}

void LoadingTest::absentKeysHaveTheDefaultsOfTheClass()
{
    ChangedModel mamba("mamba");
    mamba.config().erase("use_bias"); // true in this class: biases are then missing
    const auto folder = mamba.written();
    const Error error = errorOf([&] { readCard(folder); });
    QCOMPARE(error.code, ErrorCode::Mismatch);
    QVERIFY(error.where.find("in_proj.bias") != std::string::npos);

    ChangedModel mamba2("mamba2");
    for (const char *key :
         {"use_bias", "use_conv_bias", "conv_kernel", "expand", "time_step_limit", "layer_norm_epsilon"})
        mamba2.config().erase(key);
    QVERIFY(at::equal(logitsOf(mamba2.written()), logitsOf(testData("mamba2"))));
    mamba2.config().erase("n_groups"); // 8 in this class
    const auto other = mamba2.written();
    QCOMPARE(errorOf([&] { readCard(other); }).code, ErrorCode::Mismatch);
}

void LoadingTest::widthInTheFileWins()
{
    ChangedModel changed("mamba");
    changed.config()["expand"] = 16;
    QVERIFY(at::equal(logitsOf(changed.written()), logitsOf(testData("mamba"))));
    changed.config()["expand"] = 2;
    changed.config().erase("intermediate_size");
    changed.config()["time_step_rank"] = 6;
    QVERIFY(at::equal(logitsOf(changed.written()), logitsOf(testData("mamba"))));
    changed.config()["time_step_rank"] = "auto"; // 64 / 16 = 4, not the 6 of the file
    const auto folder = changed.written();
    QVERIFY(errorOf([&] { readCard(folder); }).where.find("x_proj") != std::string::npos);
}

void LoadingTest::hubSpellingOfInfinity()
{
    ChangedModel changed("mamba2");
    changed.config() = valueOrThrow(io::Config::read(testData("mamba2") / "config.hub.json")).json();
    changed.config()["time_step_limit"] = {0.0, {{"__float__", "Infinity"}}};
    QVERIFY(at::equal(logitsOf(changed.written()), logitsOf(testData("mamba2"))));
    const auto hub = valueOrThrow(io::Config::read(testData("mamba2") / "config.hub.json"));
    QCOMPARE(hub.numbers("time_step_limit")->back(), std::numeric_limits<double>::infinity());
    QCOMPARE(std::string(architectures::recognise(hub).id), std::string("mamba2"));
    QCOMPARE(architectures::recognise(hub).describe(hub).parameters.size(), std::size_t{4 * 9 + 3});
}

void LoadingTest::stateSpacesLayoutWithAttentionAndMlps()
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

void LoadingTest::codestralIsThatLayoutUnderOtherNames()
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

void LoadingTest::conventionsAreChosen()
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

void LoadingTest::weightsConvertedInUse()
{
    for (const char *name : {"mamba", "granitemoehybrid", "zamba", "hymba"}) {
        ChangedModel changed(name);
        for (auto &[tensor, values] : changed.tensors())
            values = values.to(at::kBFloat16);
        const auto folder = changed.written();
        const ModelFiles files = openModelFiles(folder);
        const auto networkWith = [&](std::int64_t memory) {
            const auto weights =
                loadWeights(files.blueprint, files.storedNames, files.checkpoint, DType::F32, c10::kCPU, memory, {});
            std::int64_t bytes = 0;
            for (const auto &[tensor, values] : weights)
                bytes += static_cast<std::int64_t>(values.nbytes());
            return std::pair{files.architecture->build(files.config, weights), bytes};
        };
        const auto [converted, all] = networkWith(std::int64_t{1} << 40);
        const auto [mapped, few] = networkWith(0);
        QVERIFY(few < 3 * all / 4);
        const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(files.card.layers));
        QVERIFY(at::equal(logitsOf(*mapped, ids, nothing), logitsOf(*converted, ids, nothing)));
    }
}

void LoadingTest::refusals_data()
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

void LoadingTest::refusals()
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

void LoadingTest::optionsAreChecked()
{
    const auto codeOf = [](const ComputeOptions &options) { return errorOf([&] { loaded("mamba", options); }).code; };
    QCOMPARE(codeOf({.device = "abacus"}), ErrorCode::DeviceUnavailable);
    QCOMPARE(codeOf({.dtype = DType::I8}), ErrorCode::InvalidArgument);
    QCOMPARE(codeOf({.threads = -1}), ErrorCode::InvalidArgument);
    QVERIFY(loaded("mamba")->options.threads >= 1);
}

void LoadingTest::planMustFitTheModel()
{
    const auto model = loaded("mamba");
    const auto codeOf = [&](const Plan &plan) { return errorOf([&] { pruning::apply(*model, plan); }).code; };
    QCOMPARE(codeOf({{{"block:4", ""}}}), ErrorCode::Mismatch);
    QCOMPARE(codeOf({{{"mlp:1", ""}}}), ErrorCode::Mismatch);
    QCOMPARE(codeOf({{{"ssm:1", ""}, {"ssm:1", ""}}}), ErrorCode::Mismatch);
    const auto removed = pruning::apply(*model, {{{"ssm:3", ""}, {"block:0", ""}}}).removed;
    QCOMPARE(removed.size(), std::size_t{4});
    QVERIFY(removed[0] == architectures::Removed{"block"});
    QVERIFY(removed[3] == architectures::Removed{"ssm"});
    QVERIFY(removed[1].empty());
}

QTEST_GUILESS_MAIN(LoadingTest)
#include "tst_loading.moc"
