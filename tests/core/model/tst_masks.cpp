// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <filesystem>
#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include "core/evaluation/perplexity.h"
#include "core/io/sha256.h"
#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
#include "core/pruning/one_shot.h"
#include "core/pruning/plan_json.h"
#include "tests/core/model/mask_support.h"
#include "tests/core/model/model_support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;
using pruning::Masks;

namespace {

const at::Tensor ids = at::arange(2 * 21, at::kLong).mul(37).remainder(272).view({2, 21});

at::Tensor logits(const architectures::Network &network, const std::vector<architectures::Removed> &removed)
{
    return evaluation::forward(network, ids, removed, {});
}

/// Masks of a model by a coarse magnitude.
Masks exampleMasks(const Model::State &model)
{
    return pruning::lowestMasks(model.files.blueprint,
                                [&](const std::string &name) { return coarse(model.weights.at(name)); }, "global", 0.4,
                                {});
}

/// The weights times a mask, element by element.
architectures::Weights zeroed(const Model::State &model, const Masks &masks)
{
    architectures::Weights weights = model.weights;
    for (const auto &[name, mask] : masks) {
        at::Tensor weight = weights.at(name).clone();
        const std::vector<bool> kept = stays(mask);
        for (std::int64_t i = 0; i < weight.numel(); ++i)
            if (!kept[static_cast<std::size_t>(i)])
                weight.data_ptr<float>()[i] = 0;
        weights[name] = weight;
    }
    return weights;
}

std::string hashOf(const std::filesystem::path &file)
{
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    io::Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

} // namespace

/// Files of masks, plans that name them, and what a model without the masked weights computes.
class MasksTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void masksSurviveTheFile();
    void refusesOtherMasks();
    void plansNameTheirMasks();
    void aMaskedModelIsOneOfZeroedWeights_data();
    void aMaskedModelIsOneOfZeroedWeights();

private:
    std::filesystem::path path(const char *name) const { return m_folder.filePath(name).toStdString(); }
    QTemporaryDir m_folder;
};

void MasksTest::masksSurviveTheFile()
{
    const auto model = loaded("jamba", {.threads = 1});
    const Masks masks = exampleMasks(*model);
    const CompanionFile file = pruning::writeMasks(path("m.safetensors"), masks);
    QCOMPARE(file.sha256, hashOf(path("m.safetensors")));
    QVERIFY(pruning::readMasks(file, model->files.blueprint) == masks);
    // The bits where the format says.
    const std::string weight = pruning::prunableWeights(model->files.blueprint).front();
    const auto opened = valueOrThrow(io::SafetensorsFile::open(path("m.safetensors")));
    const auto bytes = valueOrThrow(opened.bytes(weight));
    const std::vector<bool> kept = stays(masks.at(weight));
    QCOMPARE(bytes.size(), (kept.size() + 7) / 8);
    for (std::size_t i = 0; i < kept.size(); ++i)
        QVERIFY((static_cast<unsigned>(bytes[i / 8]) >> (i % 8) & 1) == (kept[i] ? 1U : 0U));
}

void MasksTest::refusesOtherMasks()
{
    const auto model = loaded("mamba", {.threads = 1});
    const auto &blueprint = model->files.blueprint;
    const CompanionFile file = pruning::writeMasks(path("m.safetensors"), exampleMasks(*model));
    const auto readError = [&](const CompanionFile &masks) {
        return errorOf([&] { pruning::readMasks(masks, blueprint); });
    };
    QCOMPARE(readError({path("none.safetensors").string(), file.sha256}).code, ErrorCode::NotFound);
    // Another model's.
    const Error other = errorOf([&] { pruning::readMasks(file, loaded("mamba2", {.threads = 1})->files.blueprint); });
    QCOMPARE(other.code, ErrorCode::Mismatch);
    QVERIFY(other.where.find("m.safetensors: backbone") != std::string::npos);
    // One bit has changed.
    std::filesystem::copy_file(path("m.safetensors"), path("bit.safetensors"));
    std::fstream stream(path("bit.safetensors"), std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(-1, std::ios::end);
    const char last = static_cast<char>(stream.get() ^ 1);
    stream.seekp(-1, std::ios::end);
    stream.put(last);
    stream.close();
    const Error changed = readError({path("bit.safetensors").string(), file.sha256});
    QCOMPARE(changed.code, ErrorCode::Mismatch);
    QVERIFY(changed.message.find(file.sha256) != std::string::npos);
    // Consistent files that are no masks of this model.
    const std::string weight = "backbone.layers.0.mixer.conv1d.weight";
    const auto write = [&](DType type, const std::vector<std::byte> &bytes, const std::string &metadata) {
        const io::TensorView view{weight, type, {static_cast<std::int64_t>(bytes.size())}, bytes};
        VERIFY_RESULT(io::writeSafetensors(path("w.safetensors"), {&view, 1},
                                           {{"format", metadata}, {"shapes", "{\"" + weight + "\": [128, 1, 4]}"}}));
    };
    const auto written = [&] { return CompanionFile{path("w.safetensors").string(), hashOf(path("w.safetensors"))}; };
    QVERIFY((model->weights.at(weight).sizes() == at::IntArrayRef{128, 1, 4}));
    write(DType::U8, std::vector<std::byte>(64, std::byte{0xFF}), "ecdysis-masks-1");
    QCOMPARE(pruning::removed(pruning::readMasks(written(), blueprint).at(weight)), std::int64_t{0});
    write(DType::U8, std::vector<std::byte>(63), "ecdysis-masks-1");
    QCOMPARE(readError(written()).code, ErrorCode::BadFormat);
    write(DType::I8, std::vector<std::byte>(64), "ecdysis-masks-1");
    QCOMPARE(readError(written()).code, ErrorCode::BadFormat);
    write(DType::U8, std::vector<std::byte>(64), "pt");
    QCOMPARE(readError(written()).code, ErrorCode::BadFormat);
    writeTextFile(path("w.safetensors"), "short");
    QCOMPARE(readError(written()).code, ErrorCode::BadFormat);
}

void MasksTest::plansNameTheirMasks()
{
    const auto model = loaded("mamba", {.threads = 1});
    const ModelCard &card = model->card();
    Plan plan{.removals = {{"block:1", "weak"}},
              .sparsity = {{"magnitude", "global", 0.4, ""}},
              .masks = pruning::writeMasks(path("p.masks.safetensors"), exampleMasks(*model))};
    pruning::writePlan(path("p.json"), plan);
    std::ifstream stream(path("p.json"));
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    QVERIFY(nlohmann::json::parse(text)["masks"]["file"] == "p.masks.safetensors"); // the folder may move
    QVERIFY(pruning::parsePlan(text, card, path("p.json").string()) == plan);
    QVERIFY(pruning::fingerprint(plan) !=
            pruning::fingerprint({.removals = plan.removals, .sparsity = {}, .masks = {}}));

    const auto parseError = [&](const std::string &json) {
        return errorOf([&] { pruning::parsePlan(json, card, path("p.json").string()); });
    };
    QCOMPARE(parseError(R"({"removals": [], "sparsity": [1]})").code, ErrorCode::BadFormat);
    QCOMPARE(parseError(R"({"removals": [], "masks": "p.masks.safetensors"})").code, ErrorCode::BadFormat);
    QCOMPARE(parseError(R"({"removals": [], "masks": {"file": "none", "sha256": ""}})").code, ErrorCode::NotFound);
    QCOMPARE(parseError(R"({"removals": [], "masks": {"file": "p.masks.safetensors", "sha256": ""}})").code,
             ErrorCode::Mismatch);
    QCOMPARE(
        parseError(
            R"({"removals": [], "sparsity": [{"score": "magnitude", "scope": "row", "amount": 0.5, "calibration": ""}]})")
            .code,
        ErrorCode::Mismatch);
}

void MasksTest::aMaskedModelIsOneOfZeroedWeights_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("unit");
    QTest::newRow("mamba") << "mamba"
                           << "inner_channels:2:3-17";
    QTest::newRow("mamba2") << "mamba2"
                            << "state:1:0-3";
    QTest::newRow("zamba2") << "zamba2"
                            << "heads:0:1-1";
    QTest::newRow("jamba") << "jamba"
                           << "mlp_channels:0:2-9";
}

void MasksTest::aMaskedModelIsOneOfZeroedWeights()
{
    QFETCH(QString, name);
    QFETCH(QString, unit);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const Masks masks = exampleMasks(*model);
    const architectures::Weights weights = zeroed(*model, masks);
    Plan plan;
    plan.masks = pruning::writeMasks(path("m.safetensors"), masks);
    const auto applied = pruning::apply(*model, plan);
    const std::vector<architectures::Removed> nothing(applied.removed.size());
    const at::Tensor found = logits(*applied.network, applied.removed);
    QVERIFY(at::equal(found, logits(*model->files.architecture->build(model->files.config, weights), nothing)));
    QVERIFY(!at::equal(found, logits(*model->network, nothing)));

    // Removals take what they take of the masked weights.
    plan.removals = {{unit.toStdString(), ""}, {"block:3", ""}};
    const auto both = pruning::apply(*model, plan);
    const pruning::Inventory inventory(model->files.blueprint);
    const Unit narrowed = inventory.unit(unit.toStdString(), "");
    const auto network = model->files.architecture->build(model->files.config,
                                                          pruning::withoutCut(weights, inventory.cut({&narrowed, 1})));
    QVERIFY(at::equal(logits(*both.network, both.removed), logits(*network, both.removed)));
}

QTEST_GUILESS_MAIN(MasksTest)
#include "tst_masks.moc"
