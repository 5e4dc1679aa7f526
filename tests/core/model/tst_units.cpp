// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include <QTest>

#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
#include "tests/core/model/rounding.h"

using namespace ecdysis;
using architectures::Removed;
using architectures::Weights;

namespace {

/// What a float32 network that computes the same in another order comes to, relative to the largest logit.
constexpr double same = 1e-4;

const at::Tensor ids = at::arange(2 * 21, at::kLong).mul(37).remainder(272).view({2, 21});

Plan planOf(const std::vector<Unit> &units)
{
    Plan plan;
    for (const Unit &unit : units)
        plan.removals.push_back({unit.id, ""});
    return plan;
}

/// As evaluation runs it: parts switched off, widths narrower.
at::Tensor bypassed(const Model::State &model, const std::vector<Unit> &units)
{
    const auto applied = pruning::apply(model, planOf(units));
    return logitsOf(*applied.network, ids, applied.removed);
}

/// From nothing but the weights that are left.
at::Tensor cut(const Model::State &model, const std::vector<Unit> &units)
{
    const pruning::Inventory inventory(model.files.blueprint);
    const auto network =
        model.files.architecture->build(model.files.config, pruning::withoutCut(model.weights, inventory.cut(units)));
    // A part that only some users of shared weights do without leaves no trace in them: it is noted beside.
    return logitsOf(*network, ids, pruning::apply(model, planOf(units)).removed);
}

at::Tensor run(const Model::State &model, const Weights &weights)
{
    const std::vector<Removed> nothing(static_cast<std::size_t>(model.card().layers));
    return logitsOf(*model.files.architecture->build(model.files.config, weights), ids, nothing);
}

bool isNorm(const std::string &tensor)
{
    return tensor.find("norm") != std::string::npos;
}

/// Zeros in the place of a unit. Where a norm spans them, it divides by the root of the mean over fewer entries when
/// they are cut: its weights are scaled, or what comes after it in Falcon-Mamba, whose inner norms have none.
Weights maskedLikeCut(const Model::State &model, const Unit &unit)
{
    const pruning::Inventory inventory(model.files.blueprint);
    const pruning::Cut cut = inventory.cut({&unit, 1});
    Weights weights = pruning::masked(model.weights, cut);
    for (const auto &[tensor, indices] : cut.partial)
        if (isNorm(tensor)) {
            const double all = static_cast<double>(weights.at(tensor).size(0));
            weights[tensor] = weights.at(tensor) * std::sqrt((all - static_cast<double>(indices.at(0).size())) / all);
        }
    if (model.card().architecture == "falcon_mamba" && unit.from >= 0) {
        const std::string mixer = "backbone.layers." + std::to_string(unit.layer) + ".mixer.";
        const at::Tensor logA = model.weights.at(mixer + "A_log");
        const double gone = static_cast<double>(unit.to - unit.from + 1);
        if (unit.kind == "state") {
            const double left = 1 - gone / static_cast<double>(logA.size(1));
            weights[mixer + "D"] = weights.at(mixer + "D") / left;
            weights[mixer + "out_proj.weight"] = weights.at(mixer + "out_proj.weight") * left;
        } else if (unit.kind == "dt_rank") {
            const at::Tensor &step = weights.at(mixer + "dt_proj.weight");
            weights[mixer + "dt_proj.weight"] = step * std::sqrt(1 - gone / static_cast<double>(step.size(1)));
        }
    }
    return weights;
}

/// The weights of a model whose state spaces of one layer pass x on: nothing is read from the state, D is 1.
Weights withoutSsm(const Model::State &model, int layer)
{
    Weights weights = model.weights;
    for (const architectures::Parameter &parameter : model.files.blueprint.parameters) {
        const std::string &name = parameter.name;
        if (parameter.layer() != layer || !weights.contains(name))
            continue;
        const at::Tensor &weight = weights.at(name);
        const auto ends = [&](const char *ending) { return name.ends_with(ending); };
        const auto lastRows = [&](int dimension, std::int64_t count) {
            const std::int64_t size = weight.size(dimension);
            return weight.index_fill(dimension, at::arange(size - count, size), 0);
        };
        const bool two = model.weights.contains(name.substr(0, name.rfind('.') + 1) + "dt_bias");
        if (ends(".D"))
            weights[name] = at::ones_like(weight);
        else if (ends("x_proj.weight")) // C comes last
            weights[name] = lastRows(0, model.weights.at(name.substr(0, name.size() - 13) + "A_log").size(1));
        else if (ends("x_proj_weight"))
            weights[name] = lastRows(1, model.weights.at(name.substr(0, name.size() - 13) + "A_log").size(2));
        else if (two)
            continue;
    }
    // Mamba-2: the convolution's last channels are C.
    for (const architectures::Parameter &parameter : model.files.blueprint.parameters)
        if (parameter.layer() == layer && parameter.name.ends_with("dt_bias")) {
            const std::string path = parameter.name.substr(0, parameter.name.size() - 7);
            const std::int64_t inner = model.weights.at(path + "out_proj.weight").size(1);
            for (const char *tensor : {"conv1d.weight", "conv1d.bias"})
                if (weights.contains(path + tensor)) {
                    const at::Tensor &weight = weights.at(path + tensor);
                    const std::int64_t c = (weight.size(0) - inner) / 2;
                    weights[path + tensor] = weight.index_fill(0, at::arange(inner + c, inner + 2 * c), 0);
                }
        }
    return weights;
}

/// Hymba's other branch is taken whole where one is gone: the mean of both, doubled.
Weights withoutBranch(const Model::State &model, const Unit &unit)
{
    Weights weights = model.weights;
    const std::string path = "model.layers." + std::to_string(unit.layer) + ".mamba.pre_avg_layernorm";
    const bool attention = unit.kind == "attention";
    weights[path + "1.weight"] = weights.at(path + "1.weight") * (attention ? 0 : 2);
    weights[path + "2.weight"] = weights.at(path + "2.weight") * (attention ? 2 : 0);
    return weights;
}

/// Zeros that compute what a part's absence does; none where nothing of the kind exists.
std::optional<Weights> maskOf(const Model::State &model, const Unit &unit)
{
    const std::string &architecture = model.card().architecture;
    const bool hybrid = model.card().layerTypes[static_cast<std::size_t>(unit.layer)] == "hybrid";
    const bool zamba = architecture.starts_with("zamba") && hybrid;
    if (architecture == "hymba" && (unit.kind == "attention" || unit.kind == "ssm"))
        return withoutBranch(model, unit);
    if (unit.kind == "ssm")
        return withoutSsm(model, unit.layer);
    // Without residual connections inside, the transformer passes its input on: zeros would not.
    if (zamba && (unit.kind == "attention" || unit.kind == "mlp" || unit.kind == "mamba"))
        return std::nullopt;
    if (unit.kind == "experts") // zeros in the router are a score like any other
        return std::nullopt;
    return maskedLikeCut(model, unit);
}

bool isLegal(const Model::State &model, const std::vector<Unit> &units)
{
    const pruning::Inventory inventory(model.files.blueprint);
    return errorOf([&] { inventory.check(units, ""); }).message.empty();
}

/// A few of the groups that a width is listed in, each part, some weights.
std::vector<Unit> sample(const Model::State &model)
{
    std::map<std::pair<std::string, int>, int> seen;
    std::vector<Unit> units;
    for (const Unit &unit : pruning::Inventory(model.files.blueprint).units())
        if (unit.isPart() || seen[{unit.kind, unit.layer}]++ % 7 == unit.layer % 2)
            units.push_back(unit);
    return units;
}

/// How far a float32 computation in another order may lie: what is promised, or what rounding comes to in a model
/// that amplifies it.
double allowed(const Model::State &model)
{
    return std::max(same, 4 * std::numeric_limits<float>::epsilon() * amplification(model, ids));
}

std::string idsOf(const std::vector<Unit> &units)
{
    std::string text;
    for (const Unit &unit : units)
        text += unit.id + " ";
    return text;
}

} // namespace

/// Everything that can go from every architecture: masked, switched off and cut away it gives the same.
class UnitsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void eachUnit();
    void pairsOfUnits();
    void decodingEqualsPrefill();
    void countsAddUp();
};

void UnitsTest::initTestCase_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "mamba2_g1", "mamba_original", "falcon_mamba", "jamba", "bamba",
                             "falcon_h1", "falcon_h1_nonorm", "nemotron_h", "granitemoehybrid",
                             "granitemoehybrid_dense", "zamba", "zamba2", "zamba2_norope", "hymba"})
        QTest::newRow(name) << name;
}

void UnitsTest::eachUnit()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const at::Tensor dense = run(*model, model->weights);
    std::map<std::string, int> kinds;
    const double bound = allowed(*model);
    for (const Unit &unit : sample(*model)) {
        if (!isLegal(*model, {unit})) {
            QVERIFY2(!unit.needs.empty() || unit.from >= 0, unit.id.c_str());
            continue;
        }
        ++kinds[unit.kind];
        const at::Tensor without = bypassed(*model, {unit});
        const double byCut = relativeError(cut(*model, {unit}), without);
        QVERIFY2(byCut < bound, qPrintable(QString("%1 cut: %2").arg(unit.id.c_str()).arg(byCut)));
        if (const auto mask = maskOf(*model, unit)) {
            const double byMask = relativeError(run(*model, *mask), without);
            // The norm's epsilon is not scaled, and the outputs that Zamba2's gated norm sees here are as small.
            const double ofEpsilon = unit.maskIsCut || !model->card().architecture.starts_with("zamba2") ? 0 : 4e-3;
            QVERIFY2(byMask < bound + ofEpsilon, qPrintable(QString("%1 masked: %2").arg(unit.id.c_str()).arg(byMask)));
        }
        // Removing something makes a difference, unless the tiny random model has nothing there.
        QVERIFY2(relativeError(without, dense) > 0, unit.id.c_str());
    }
    QString found;
    for (const auto &[kind, count] : kinds)
        found += QString("%1 %2, ").arg(count).arg(kind.c_str());
    qInfo("%s: %s", qPrintable(name), qPrintable(found));
    QVERIFY(kinds["block"] > 0 && kinds["ssm"] > 0 && kinds["recurrence"] > 0 && kinds["state"] > 0 &&
            kinds["weight"] > 0);
}

void UnitsTest::pairsOfUnits()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const auto units = pruning::Inventory(model->files.blueprint).units();
    std::vector<std::vector<Unit>> pairs;
    for (std::size_t i = 0; i < units.size(); ++i)
        for (std::size_t j = i + 1; j < units.size(); ++j)
            if (units[i].isPart() && units[j].isPart() && units[i].layer == units[j].layer)
                pairs.push_back({units[i], units[j]});
    std::mt19937 random(11);
    for (int i = 0; i < 60; ++i) {
        const Unit &one = units[random() % units.size()];
        const Unit &other = units[random() % units.size()];
        if (one.id != other.id)
            pairs.push_back({one, other});
    }
    const double bound = allowed(*model);
    int legal = 0;
    for (const auto &pair : pairs) {
        if (!isLegal(*model, pair))
            continue;
        ++legal;
        const double error = relativeError(cut(*model, pair), bypassed(*model, pair));
        QVERIFY2(error < bound, qPrintable(QString("%1: %2").arg(idsOf(pair).c_str()).arg(error)));
    }
    QVERIFY(legal > 40);
}

void UnitsTest::decodingEqualsPrefill()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const auto units = pruning::Inventory(model->files.blueprint).units();
    std::mt19937 random(5);
    const double bound = allowed(*model);
    for (int round = 0; round < 5; ++round) {
        std::vector<Unit> removed;
        for (int i = 0; i < 2 * round; ++i) {
            removed.push_back(units[random() % units.size()]);
            if (!isLegal(*model, removed))
                removed.pop_back();
        }
        const auto applied = pruning::apply(*model, planOf(removed));
        const architectures::Network &network = *applied.network;
        const at::Tensor whole = evaluation::forward(network, ids, applied.removed, {});
        auto states = network.begin(ids.size(0), applied.removed, {});
        for (std::int64_t token = 0; token < ids.size(1); ++token) {
            architectures::Stream stream = network.embedNext(ids.narrow(1, token, 1));
            for (int layer = 0; layer < network.layers(); ++layer) {
                const auto index = static_cast<std::size_t>(layer);
                stream = network.resume(layer, stream, {}, states[index], applied.removed[index], {});
            }
            const double error = relativeError(stream.residual, whole.narrow(1, token, 1));
            QVERIFY2(error < bound,
                     qPrintable(QString("token %1 without %2: %3").arg(token).arg(idsOf(removed).c_str()).arg(error)));
        }
    }
}

void UnitsTest::countsAddUp()
{
    QFETCH_GLOBAL(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const ModelCard &card = model->card();
    const pruning::Inventory inventory(model->files.blueprint);
    std::map<std::string, std::int64_t> sizes;
    std::int64_t total = 0;
    for (const auto &[tensor, weight] : model->weights)
        total += weight.numel();
    QCOMPARE(card.parameters, total);
    const std::vector<double> dense = inventory.layerFlops();
    for (const Unit &unit : card.units) {
        // Counted, and as what is left of the tensors.
        std::int64_t left = 0;
        pruning::Cut gone = inventory.cut({&unit, 1});
        for (const std::string &tensor : gone.zeroed)
            gone.tensors.insert(tensor);
        for (const auto &[tensor, weight] : pruning::withoutCut(model->weights, gone))
            left += weight.numel();
        QVERIFY2(total - left == unit.parameters, unit.id.c_str());
        QCOMPARE(unit.bytes, 4 * unit.parameters);
        QVERIFY2(unit.parameters > 0 || unit.kind == "transformer" || unit.kind == "attention" || unit.kind == "mlp",
                 unit.id.c_str());
        if (unit.kind == "weight")
            continue;
        double flops = 0;
        const std::vector<double> without = inventory.layerFlops({&unit, 1});
        for (std::size_t layer = 0; layer < dense.size(); ++layer)
            flops += dense[layer] - without[layer];
        QVERIFY2(std::abs(flops - unit.flopsPerToken) <= 1e-6 * (flops + 1),
                 qPrintable(QString("%1: %2, %3").arg(unit.id.c_str()).arg(flops).arg(unit.flopsPerToken)));
    }
}

QTEST_GUILESS_MAIN(UnitsTest)
#include "tst_units.moc"
