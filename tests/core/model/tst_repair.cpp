// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <fstream>

#include <QTest>

#include <nlohmann/json.hpp>

#include "core/evaluation/observation.h"
#include "core/pruning/companion_file.h"
#include "core/pruning/cut_plan.h"
#include "core/pruning/plan_json.h"
#include "core/pruning/plan_size.h"
#include "core/pruning/projection_repair.h"
#include "core/pruning/repair.h"
#include "core/pruning/skip_fit.h"
#include "core/tuning/student.h"
#include "tests/core/model/export_support.h"
#include "tests/support/tiny_model.h"

using namespace ecdysis;
using architectures::Stream;

namespace {

/// Windows of tokens that mean nothing.
data::Windows calibration()
{
    std::vector<std::int64_t> tokens;
    for (std::int64_t i = 0; i < 16 * 24; ++i)
        tokens.push_back((i * i * 7 + i * 37) % 251);
    return data::cut(tokens, "test", {.window = 24});
}

/// A plan that takes something of everything that is there.
Plan variedPlan(const Model::State &model)
{
    Plan plan;
    for (const Unit &unit : pruning::Inventory(model.files.blueprint).units()) {
        const bool wanted = unit.kind == "recurrence" || unit.kind == "inner_channels" || unit.kind == "mlp_channels" ||
                            unit.kind == "attention_heads" || unit.kind == "dt_rank" || unit.kind == "state";
        // The first unit of each kind: state spaces in even layers, widths in odd ones.
        if (!wanted || unit.from > 0 || (unit.layer % 2 == 0) != (unit.kind == "recurrence"))
            continue;
        plan.removals.push_back({unit.id, ""});
        const pruning::Inventory inventory(model.files.blueprint);
        if (!::errorOf([&] { inventory.check(inventory.units(plan, ""), ""); }).message.empty())
            plan.removals.pop_back();
    }
    return plan;
}

/// The plan with weights and biases fitted, written into a folder.
Plan repaired(const Model::State &model, Plan plan, const std::filesystem::path &file)
{
    const auto windows = calibration();
    std::set<int> layers;
    for (const Removal &removal : plan.removals)
        if (const Unit unit = parseUnitId(removal.unit).value(); unit.kind == "recurrence")
            layers.insert(unit.layer);
    pruning::NewWeights changed = pruning::fitSkips(model, layers, windows, {}).weights;
    const auto both = [](const pruning::LinearFit &fit, const pruning::Affine &old) {
        return pruning::correctBoth(fit, old, 1e-2);
    };
    changed = pruning::repairProjections(model, plan, changed, windows, both, "both", {}).weights;
    plan.weights = pruning::writeNewWeights(file, changed);
    return plan;
}

/// What a layer adds to the residual stream, mean over all tokens of the calibration.
at::Tensor meanAdded(const architectures::Network &network, const std::vector<architectures::Removed> &removed,
                     int layer)
{
    const at::NoGradGuard noGradients;
    at::Tensor sum;
    for (const at::Tensor &ids : data::batches(calibration())) {
        Stream stream = network.embed(ids);
        for (int index = 0; index < layer; ++index)
            stream = network.layer(index, stream, {&removed[static_cast<std::size_t>(index)], 1}, {}).front();
        const Stream after = network.layer(layer, stream, {&removed[static_cast<std::size_t>(layer)], 1}, {}).front();
        const at::Tensor added = (after.residual - stream.residual).to(at::kDouble).flatten(0, 1).mean(0);
        sum = sum.defined() ? sum + added : added;
    }
    return sum;
}

} // namespace

/// Corrections of what is left of a model, and the files that hold them.
class RepairTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyWayGivesTheSame_data();
    void everyWayGivesTheSame();
    void biasesKeepTheMeans_data();
    void biasesKeepTheMeans();
    void skipsAreTheBestOnes_data();
    void skipsAreTheBestOnes();
    void errorsFall();
    void plansNameTheirWeights();
    void refusesOtherWeights();
    void tuningStartsFromThem();
    void skipsReplaceStateSpaces();

private:
    const Written m_folder;
};

void RepairTest::everyWayGivesTheSame_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "mamba_original", "falcon_mamba", "jamba", "bamba", "falcon_h1",
                             "nemotron_h", "granitemoehybrid", "zamba", "zamba2", "hymba"})
        QTest::newRow(name) << name;
}

/// Applied, cut out, exported and read back, exported again: one model.
void RepairTest::everyWayGivesTheSame()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const Plan plain = variedPlan(*model);
    const std::filesystem::path file = m_folder.path(name.toStdString() + ".weights.safetensors");
    const Plan plan = repaired(*model, plain, file);
    const at::Tensor applied = logitsUnder(*model, plan);
    QVERIFY(relativeError(applied, logitsUnder(*model, plain)) > 1e-4);
    const double bound = std::max(1e-4, 4 * std::numeric_limits<float>::epsilon() * amplification(*model, exportIds));

    const auto cut = pruning::cutOut(*model, plan);
    QVERIFY(relativeError(logitsOf(*cut.network, exportIds, cut.removed), applied) < bound);

    ExportRequest request{.folder = m_folder.path(name.toStdString())};
    const ExportReport report = pruning::writeCut(model->files, plan, request, {});
    QVERIFY(report.loaders.empty() && !report.reasons.empty());
    const auto size = pruning::sizeOf(model->files, plan);
    QCOMPARE(size.parameters, report.parameters);
    QCOMPARE(size.bytes, report.bytes);
    const auto written = m_folder.load(name.toStdString());
    QVERIFY(!written->files.biases.empty());
    QCOMPARE(relativeError(logitsUnder(*written, {}), applied) < bound, true);

    // A cut model is a model like any other.
    request.folder = m_folder.path(name.toStdString() + "-again");
    const int last = written->card().layers - 1;
    pruning::writeCut(written->files, planOf({unitId("block", last)}), request, {});
    const auto again = m_folder.load(name.toStdString() + "-again");
    QVERIFY(relativeError(logitsUnder(*again, {}), logitsUnder(*written, planOf({unitId("block", last)}))) < bound);
}

void RepairTest::biasesKeepTheMeans_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("unit");
    QTest::addColumn<int>("layer");
    QTest::newRow("mamba") << "mamba"
                           << "inner_channels:1:0-31" << 1;
    QTest::newRow("mamba, SSM") << "mamba"
                                << "ssm:2" << 2;
    QTest::newRow("mamba2") << "mamba2"
                            << "recurrence:1" << 1;
    QTest::newRow("zamba") << "zamba"
                           << "ssm:0" << 0;
    QTest::newRow("falcon_mamba") << "falcon_mamba"
                                  << "inner_channels:0:8-15" << 0;
}

/// What the layer adds has the mean that it has in the dense model.
void RepairTest::biasesKeepTheMeans()
{
    QFETCH(QString, name);
    QFETCH(QString, unit);
    QFETCH(int, layer);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    Plan plan = planOf({unit.toStdString()});
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(model->card().layers));
    const at::Tensor expected = meanAdded(*model->network, nothing, layer);
    const auto meanUnder = [&](const Plan &under) {
        const auto applied = pruning::apply(*model, under);
        return meanAdded(*applied.network, applied.removed, layer);
    };
    const double before = relativeError(meanUnder(plan), expected);
    const auto fitted = pruning::repairProjections(*model, plan, {}, calibration(), pruning::correctBias, "bias", {});
    plan.weights = pruning::writeNewWeights(m_folder.path("bias.weights.safetensors"), fitted.weights);
    const double after = relativeError(meanUnder(plan), expected);
    QVERIFY2(after < 1e-4 && before > 50 * after, qPrintable(QString("%1, %2").arg(before).arg(after)));
}

void RepairTest::skipsAreTheBestOnes_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "zamba", "bamba"})
        QTest::newRow(name) << name;
}

/// Against sums over single numbers of what observers hear, in double.
void RepairTest::skipsAreTheBestOnes()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    int layer = 0;
    while (!pruning::skipOf(model->files.blueprint, layer))
        ++layer;
    const std::string logA = evaluation::logAOf(model->files.blueprint, layer)->name;
    const auto fitted = pruning::fitSkips(*model, {layer}, calibration(), {});
    const at::Tensor D = fitted.weights.at(pruning::skipOf(model->files.blueprint, layer)->name);
    std::vector<double> xx(static_cast<std::size_t>(D.numel())), xy = xx;
    const auto add = [&](const at::Tensor &x, const at::Tensor &y, std::int64_t first, std::int64_t width) {
        for (std::int64_t row = 0; row < x.size(0); ++row)
            for (std::int64_t column = 0; column < x.size(1); ++column) {
                const double in = x[row][column].item<double>(), out = y[row][column].item<double>();
                xx[static_cast<std::size_t>(first + column / width)] += in * in;
                xy[static_cast<std::size_t>(first + column / width)] += in * out;
            }
    };
    layers::Observers observers;
    observers.scan = [&](const std::string &heard, std::int64_t head, const layers::SelectiveScan &scan,
                         layers::Sequence sequence) {
        if (heard == logA)
            add(scan.x * at::silu(scan.z), layers::apply(scan, sequence), head * scan.x.size(1), 1);
    };
    observers.duality = [&](const std::string &heard, const layers::StateDuality &ssd, layers::Sequence sequence) {
        if (heard == logA)
            add(ssd.x, layers::apply(ssd, sequence), 0, ssd.x.size(1) / D.numel());
    };
    evaluation::observe(*model, calibration(), observers, {});
    const at::Tensor found = D.flatten();
    for (std::int64_t entry = 0; entry < D.numel(); ++entry) {
        const double expected = xy[static_cast<std::size_t>(entry)] / xx[static_cast<std::size_t>(entry)];
        QVERIFY(std::abs(found[entry].item<double>() - expected) < 1e-4 * (1 + std::abs(expected)));
    }
    QVERIFY(fitted.fits.front().after < fitted.fits.front().before);
}

void RepairTest::errorsFall()
{
    const auto model = loaded("mamba", {.threads = 1});
    const Plan plan = planOf({"ssm:1", "recurrence:2", "inner_channels:3:0-63"});
    const auto projections =
        pruning::projectionsBehind(pruning::Inventory(model->files.blueprint).units(plan, ""), model->files.blueprint);
    QCOMPARE(projections.size(), std::size_t{3});
    QCOMPARE(projections.at(3), (std::vector<std::string>{"backbone.layers.3.mixer.x_proj.weight",
                                                          "backbone.layers.3.mixer.out_proj.weight"}));
    const auto squares = [](const pruning::LinearFit &fit, const pruning::Affine &old) {
        return pruning::correctWeight(fit, old, 1e-3);
    };
    const auto fitted = pruning::repairProjections(*model, plan, {}, calibration(), squares, "least_squares", {});
    QCOMPARE(fitted.fits.size(), std::size_t{4});
    for (const RepairedWeight &weight : fitted.fits)
        QVERIFY2(weight.after < weight.before && weight.after > 0, weight.weight.c_str());
    // Where entries are gone, the file keeps the model's own.
    const at::Tensor whole = fitted.weights.at("backbone.layers.3.mixer.out_proj.weight");
    const at::Tensor own = model->weights.at("backbone.layers.3.mixer.out_proj.weight");
    QVERIFY(at::equal(whole.narrow(1, 0, 64), own.narrow(1, 0, 64)));
    QVERIFY(!at::equal(whole.narrow(1, 64, 64), own.narrow(1, 64, 64)));
}

void RepairTest::plansNameTheirWeights()
{
    const auto model = loaded("mamba", {.threads = 1});
    const std::filesystem::path file = m_folder.path("p.json");
    Plan plan = repaired(*model, planOf({"recurrence:1"}), pruning::besidePlan(file, "weights"));
    pruning::writePlan(file, plan);
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    QVERIFY(nlohmann::json::parse(text)["weights"]["file"] == "p.weights.safetensors"); // the folder may move
    QVERIFY(pruning::parsePlan(text, model->card(), file.string()) == plan);
    QVERIFY(pruning::fingerprint(plan) != pruning::fingerprint(planOf({"recurrence:1"})));
    const std::filesystem::path other = m_folder.path("deeper/q.json");
    std::filesystem::create_directory(other.parent_path());
    pruning::writePlan(other, plan);
    std::ifstream deeper(other);
    const std::string there{std::istreambuf_iterator<char>(deeper), {}};
    const Plan read = pruning::parsePlan(there, model->card(), other.string());
    QVERIFY(std::filesystem::equivalent(read.weights->file, plan.weights->file));
}

void RepairTest::refusesOtherWeights()
{
    const auto model = loaded("mamba", {.threads = 1});
    const std::string skip = "backbone.layers.1.mixer.D";
    const auto refusal = [&](const pruning::NewWeights &weights) {
        Plan plan;
        plan.weights = pruning::writeNewWeights(m_folder.path("r.safetensors"), weights);
        return ::errorOf([&] { pruning::apply(*model, plan); });
    };
    QCOMPARE(refusal({{skip, at::ones({128})}}).code, Error{}.code);
    QVERIFY(refusal({{skip, at::ones({128})}}).message.empty());
    QVERIFY(refusal({{skip, at::ones({127})}}).message.find("(128) expected") != std::string::npos);
    for (const char *name : {"backbone.layers.1.mixer.E", "backbone.layers.1.norm.bias", "lm_head.weight"})
        QCOMPARE(refusal({{name, at::ones({64})}}).code, ErrorCode::Mismatch);
    Plan plan;
    plan.weights = pruning::writeNewWeights(m_folder.path("r.safetensors"), {{skip, at::ones({128})}});
    pruning::writeNewWeights(m_folder.path("r.safetensors"), {{skip, at::zeros({128})}});
    QVERIFY(::errorOf([&] { pruning::apply(*model, plan); }).message.find("SHA-256") != std::string::npos);
    plan.weights = CompanionFile{m_folder.path("none").string(), ""};
    QCOMPARE(::errorOf([&] { pruning::apply(*model, plan); }).code, ErrorCode::NotFound);
}

void RepairTest::tuningStartsFromThem()
{
    const auto model = loaded("mamba", {.threads = 1});
    const Plan plan = repaired(*model, planOf({"recurrence:1", "inner_channels:2:0-15", "state:2:0-3"}),
                               m_folder.path("t.weights.safetensors"));
    const tuning::Student student = tuning::makeStudent(*model, plan, {});
    const auto network = tuning::buildStudent(*model, student.weights);
    QVERIFY(relativeError(logitsOf(*network, exportIds, student.removed), logitsUnder(*model, plan)) < 1e-4);
    const auto added = std::ranges::count_if(student.blueprint.parameters, [&](const auto &parameter) {
        return !model->files.storedNames.contains(parameter.name) && parameter.tiedTo.empty();
    });
    QVERIFY(added > 0); // new biases are learned, too
}

void RepairTest::skipsReplaceStateSpaces()
{
    const Plan plan{{{"block:1", ""}, {"ssm:2", "small"}, {"inner_channels:0:0-7", ""}}};
    const Plan kept{{{"block:1", ""}, {"recurrence:2", "small"}, {"inner_channels:0:0-7", ""}}};
    QVERIFY(pruning::withSkips(plan) == kept);
}

QTEST_GUILESS_MAIN(RepairTest)
#include "tst_repair.moc"
