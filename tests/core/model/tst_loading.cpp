// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>
#include <limits>

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

const std::string inProjection = "backbone.layers.2.mixer.in_proj.weight";

} // namespace

/// Checkpoints as they come, sound and broken.
class LoadingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
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
    void weightsConvertedInUse();
    void optionsAreChecked();
    void planMustFitTheModel();
};

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
        // Few rows are multiplied with the weights as they are read, by sums in another order.
        const at::Tensor start = ids.narrow(0, 0, 1).narrow(1, 0, 3);
        QVERIFY(relativeError(logitsOf(*mapped, start, nothing), logitsOf(*converted, start, nothing)) < 1e-5);
    }
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
