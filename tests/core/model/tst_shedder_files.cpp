// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <functional>

#include <QTest>

#include "core/io/atomic_file.h"
#include "core/pruning/plan_json.h"
#include "core/pruning/shedder_config.h"
#include "tests/core/model/export_support.h"

using namespace ecdysis;

namespace {

namespace fs = std::filesystem;

/// A model folder like `fixture` without the tensors that `leftOut` names, as Mamba-Shedder writes it.
void writeWithout(const std::string &fixture, const fs::path &folder,
                  const std::function<bool(const std::string &name)> &leftOut)
{
    fs::create_directories(folder);
    fs::copy_file(testData(fixture) / "config.json", folder / "config.json");
    const auto whole = valueOrThrow(io::SafetensorsFile::open(testData(fixture) / "model.safetensors"));
    std::vector<io::TensorView> tensors;
    for (const TensorInfo &info : whole.tensors())
        if (!leftOut(info.name))
            tensors.push_back({info.name, info.dtype, info.shape, valueOrThrow(whole.bytes(info.name))});
    valueOrThrow(io::writeSafetensors(folder / "model.safetensors", tensors));
}

/// A model folder like `fixture` whose MLPs keep their first channels, by the place in their names, in the projections
/// named.
void writeNarrowed(const std::string &fixture, const fs::path &folder, const std::map<std::string, std::int64_t> &kept,
                   const std::vector<std::string> &projections)
{
    fs::create_directories(folder);
    fs::copy_file(testData(fixture) / "config.json", folder / "config.json");
    auto whole = readTensors(testData(fixture) / "model.safetensors");
    std::vector<io::TensorView> tensors;
    for (auto &[name, tensor] : whole) {
        for (const auto &[place, channels] : kept)
            for (const std::string &projection : projections)
                if (name.find(place + "." + projection) != std::string::npos)
                    tensor = tensor.narrow(projection == "down_proj" ? 1 : 0, 0, channels).contiguous();
        tensors.push_back({name,
                           DType::F32,
                           tensor.sizes().vec(),
                           {static_cast<const std::byte *>(tensor.data_ptr()), tensor.nbytes()}});
    }
    valueOrThrow(io::writeSafetensors(folder / "model.safetensors", tensors));
}

std::function<bool(const std::string &)> named(const std::vector<std::string> &names)
{
    return [names](const std::string &name) { return std::ranges::count(names, name) > 0; };
}

std::vector<std::string> unitsOf(const Plan &plan)
{
    std::vector<std::string> ids;
    for (const Removal &removal : plan.removals)
        ids.push_back(removal.unit);
    return ids;
}

} // namespace

/// What Mamba-Shedder writes: its configs are plans, its checkpoints models.
class ShedderFilesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void missingTensors_data();
    void missingTensors();
    void narrowedTensors();
    void otherShapesAreRefused_data();
    void otherShapesAreRefused();
    void damageIsRefused_data();
    void damageIsRefused();
    void configs_data();
    void configs();
    void configsThatCannotBe_data();
    void configsThatCannotBe();
};

void ShedderFilesTest::missingTensors_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QStringList>("missing"); // names, or beginnings of names where they end with a dot
    QTest::addColumn<QString>("unit");
    QTest::newRow("Mamba, SSM") << "mamba" << QStringList{"backbone.layers.2.mixer.D"} << "ssm:2";
    QTest::newRow("Mamba, block") << "mamba" << QStringList{"backbone.layers.1."} << "block:1";
    QTest::newRow("Mamba-2, SSM") << "mamba2"
                                  << QStringList{"backbone.layers.3.mixer.D", "backbone.layers.3.mixer.dt_bias"}
                                  << "ssm:3";
    QTest::newRow("Mamba-2, block") << "mamba2" << QStringList{"backbone.layers.0."} << "block:0";
    QTest::newRow("Hymba, mixer") << "hymba"
                                  << QStringList{"model.layers.3.mamba.", "model.layers.3.input_layernorm.weight"}
                                  << "mixer:3";
    QTest::newRow("Hymba, MLP") << "hymba"
                                << QStringList{"model.layers.5.moe.", "model.layers.5.pre_moe_layernorm.weight"}
                                << "mlp:5";
    // Mamba-Shedder leaves the norms before them behind.
    QTest::newRow("Hymba, mixer, not its norm") << "hymba" << QStringList{"model.layers.3.mamba."} << "mixer:3";
    QTest::newRow("Hymba, MLP, not its norm") << "hymba" << QStringList{"model.layers.5.moe."} << "mlp:5";
    QTest::newRow("Hymba, both, not their norms")
        << "hymba" << QStringList{"model.layers.3.mamba.", "model.layers.3.moe."} << "block:3";
}

void ShedderFilesTest::missingTensors()
{
    QFETCH(QString, fixture);
    QFETCH(QStringList, missing);
    QFETCH(QString, unit);
    const Written written;
    writeWithout(fixture.toStdString(), written.path("theirs"), [&](const std::string &name) {
        return std::ranges::any_of(missing, [&](const QString &out) {
            return out.endsWith('.') ? name.starts_with(out.toStdString()) : name == out.toStdString();
        });
    });
    const auto whole = loaded(fixture.toStdString(), {.threads = 1});
    const auto theirs = written.load("theirs");
    const Plan plan = planOf({unit.toStdString()});
    QVERIFY(relativeError(logitsUnder(*theirs, {}), logitsUnder(*whole, plan)) <= 1e-6);
    // It is said what was made of it, and the unit is no longer there to go.
    QVERIFY(std::ranges::any_of(theirs->card().warnings, [&](const std::string &warning) {
        return warning.find(unit.toStdString() + " is taken to be removed") != std::string::npos;
    }));
    QVERIFY(
        std::ranges::none_of(theirs->card().units, [&](const Unit &left) { return left.id == unit.toStdString(); }));
    // Written, it is what the plan makes of the whole model: no dead weight is left.
    const ExportReport cut = written.write(testData(fixture.toStdString()), {unit.toStdString()}, "cut");
    ExportReport again;
    if (theirs->files.bypassed.empty())
        again = pruning::writeModel(theirs->files, {}, pruning::storedTensors(theirs->files, {}),
                                    {.folder = written.path("again")}, {});
    else
        again = written.write(written.path("theirs"), {}, "again");
    QCOMPARE(again.parameters, cut.parameters);
    const auto one = written.load("cut"), other = written.load("again");
    for (const auto &[name, weight] : one->weights)
        QVERIFY2(at::equal(weight, other->weights.at(name)), name.c_str());
}

void ShedderFilesTest::narrowedTensors()
{
    const Written written;
    writeNarrowed("hymba", written.path("theirs"), {{"layers.0.moe.experts.0", 64}, {"layers.6.moe.experts.0", 32}},
                  {"up_proj", "gate_proj", "down_proj"});
    const auto whole = loaded("hymba", {.threads = 1});
    const auto theirs = written.load("theirs");
    const std::vector<std::string> units{"mlp_channels:0:64-95", "mlp_channels:6:32-95"};
    QVERIFY(relativeError(logitsUnder(*theirs, {}), logitsUnder(*whole, planOf(units))) <= 1e-6);
    for (const std::string &unit : units)
        QVERIFY(std::ranges::any_of(theirs->card().warnings, [&](const std::string &warning) {
            return warning.find(unit + " is taken to be removed") != std::string::npos;
        }));
    const ExportReport cut = written.write(testData("hymba"), units, "cut");
    QCOMPARE(theirs->card().parameters, cut.parameters);
    // What goes further is counted from there, and written with the rest.
    written.write(written.path("theirs"), {"mlp_channels:0:60-63", "mixer:3"}, "again");
    const at::Tensor expected =
        logitsUnder(*whole, planOf({"mlp_channels:0:60-95", "mlp_channels:6:32-95", "mixer:3"}));
    QVERIFY(relativeError(logitsUnder(*written.load("again"), {}), expected) <= 1e-6);
}

void ShedderFilesTest::otherShapesAreRefused_data()
{
    QTest::addColumn<QStringList>("projections");
    QTest::newRow("two of three") << QStringList{"up_proj", "down_proj"};
    QTest::newRow("one") << QStringList{"gate_proj"};
}

void ShedderFilesTest::otherShapesAreRefused()
{
    QFETCH(QStringList, projections);
    const Written written;
    std::vector<std::string> names;
    for (const QString &projection : projections)
        names.push_back(projection.toStdString());
    writeNarrowed("hymba", written.path("theirs"), {{"layers.0.moe.experts.0", 64}}, names);
    const Error error = errorOf([&] { openModelFiles(written.path("theirs")); });
    QVERIFY(error.code == ErrorCode::Mismatch);
    QVERIFY2(error.where.find("layers.0.moe.experts.0") != std::string::npos, error.where.c_str());
}

void ShedderFilesTest::damageIsRefused_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QString>("missing");
    QTest::newRow("a projection") << "mamba"
                                  << "backbone.layers.2.mixer.in_proj.weight";
    QTest::newRow("half of the mark") << "mamba2"
                                      << "backbone.layers.2.mixer.dt_bias";
    QTest::newRow("the embedding") << "mamba"
                                   << "backbone.embeddings.weight";
    QTest::newRow("a norm") << "hymba"
                            << "model.layers.2.mamba.pre_avg_layernorm2.weight";
}

void ShedderFilesTest::damageIsRefused()
{
    QFETCH(QString, fixture);
    QFETCH(QString, missing);
    const Written written;
    writeWithout(fixture.toStdString(), written.path("damaged"), named({missing.toStdString()}));
    const Error error = errorOf([&] { openModelFiles(written.path("damaged")); });
    QVERIFY(error.code == ErrorCode::Mismatch);
    QVERIFY2(error.where.ends_with(missing.toStdString()), error.where.c_str());
}

void ShedderFilesTest::configs_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QStringList>("units");
    QTest::newRow("Mamba") << "mamba" << QByteArray(R"({"pruned_mamba_block_idx": [2, 0], "pruned_ssm_idx": [3]})")
                           << QStringList{"block:2", "block:0", "ssm:3"};
    // Layers 1, 3 and 5 are hybrid: they keep their transformers, which are counted for themselves.
    QTest::newRow("Zamba2") << "zamba2" << QByteArray(R"({"pruned_mamba_block_idx": [3, 4], "pruned_mha_idx": [2],
                                              "pruned_mlp_idx": [0, 1], "pruned_ssm_idx": [6]})")
                            << QStringList{"mamba:3", "block:4", "attention:5", "mlp:1", "mlp:3", "ssm:6"};
    QTest::newRow("Hymba") << "hymba" << QByteArray(R"({"pruned_hymba_block_idx": [3], "pruned_self_attn_idx": [2],
                                             "pruned_moe_idx": [6], "pruned_ssm_idx": [7],
                                             "pruned_mlp_channels": {"0": 64}})")
                           << QStringList{"mixer:3", "attention:2", "mlp:6", "ssm:7", "mlp_channels:0:64-95"};
}

void ShedderFilesTest::configs()
{
    QFETCH(QString, fixture);
    QFETCH(QByteArray, config);
    QFETCH(QStringList, units);
    const auto model = loaded(fixture.toStdString(), {.threads = 1});
    const Plan plan = pruning::parsePlan(config.toStdString(), model->card(), "pruning_config.json");
    QStringList found;
    for (const std::string &id : unitsOf(plan))
        found.append(QString::fromStdString(id));
    QCOMPARE(found, units);
    // It can be applied, and says the same in its own keys again.
    QVERIFY(logitsUnder(*model, plan).isfinite().all().item<bool>());
    nlohmann::json again = pruning::shedderConfig(plan, model->card());
    const nlohmann::json first = nlohmann::json::parse(config.toStdString());
    for (const auto &[key, value] : first.items()) {
        QVERIFY2(again.at(key) == value, key.c_str());
        again.erase(key);
    }
    for (const auto &[key, value] : again.items())
        QVERIFY2(value.empty(), key.c_str());
}

void ShedderFilesTest::configsThatCannotBe_data()
{
    QTest::addColumn<QString>("fixture");
    QTest::addColumn<QByteArray>("config");
    QTest::addColumn<QString>("place");
    QTest::newRow("no such layer") << "mamba" << QByteArray(R"({"pruned_ssm_idx": [4]})") << "pruned_ssm_idx";
    QTest::newRow("no number") << "mamba" << QByteArray(R"({"pruned_mamba_block_idx": ["2"]})")
                               << "pruned_mamba_block_idx";
    QTest::newRow("another family's key") << "mamba" << QByteArray(R"({"pruned_moe_idx": [1]})") << "removals[0]";
    QTest::newRow("widths of shared MLPs")
        << "zamba2" << QByteArray(R"({"pruned_mlp_channels": {"0": 64}})") << "pruned_mlp_channels";
    QTest::newRow("more than there are") << "hymba" << QByteArray(R"({"pruned_mlp_channels": {"0": 97}})")
                                         << "pruned_mlp_channels";
}

void ShedderFilesTest::configsThatCannotBe()
{
    QFETCH(QString, fixture);
    QFETCH(QByteArray, config);
    QFETCH(QString, place);
    const ModelCard card = readCard(testData(fixture.toStdString()));
    const Error error = errorOf([&] { pruning::parsePlan(config.toStdString(), card, "file"); });
    QVERIFY2(error.where.find(place.toStdString()) != std::string::npos, error.where.c_str());
}

QTEST_GUILESS_MAIN(ShedderFilesTest)
#include "tst_shedder_files.moc"
