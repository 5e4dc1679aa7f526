// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <limits>
#include <random>
#include <set>

#include <QTest>

#include "core/pruning/manifest.h"
#include "tests/core/model/export_support.h"

using namespace ecdysis;

namespace {

/// How far the logits of two orders of sums may lie, relative to the largest.
double allowed(const Model::State &model)
{
    return std::max(1e-6, 4 * std::numeric_limits<float>::epsilon() * amplification(model, exportIds));
}

bool isLegal(const Model::State &model, const std::vector<Unit> &units)
{
    const pruning::Inventory inventory(model.files.blueprint);
    return errorOf([&] { inventory.check(units, ""); }).message.empty();
}

/// One unit of each kind that can go alone, from the layers of its kind in turn.
std::vector<Unit> oneOfEachKind(const Model::State &model)
{
    std::map<std::string, std::vector<Unit>> kinds;
    for (const Unit &unit : model.card().units)
        if (isLegal(model, {unit}))
            kinds[unit.kind].push_back(unit);
    std::vector<Unit> units;
    for (const auto &[kind, all] : kinds)
        units.push_back(all[all.size() / 2]);
    return units;
}

/// Whether a unit is of a width that stock software knows and that no other layer has: it is cut the same everywhere.
bool isOnlyOne(const Model::State &model, const Unit &unit)
{
    return unit.from >= 0 && !unit.loadersIfUniform.empty() &&
           std::ranges::count(model.card().widths, unit.kind, &Width::kind) == 1;
}

/// The units that take the first entry of a width from every layer that has one.
std::vector<std::string> everywhere(const Model::State &model, const std::string &kind)
{
    std::vector<std::string> ids;
    for (const Width &width : model.card().widths)
        if (width.kind == kind)
            ids.push_back(unitId(kind, width.layer, 1, 1));
    return ids;
}

std::vector<std::string> idsOf(const std::vector<Unit> &units)
{
    std::vector<std::string> ids;
    for (const Unit &unit : units)
        ids.push_back(unit.id);
    return ids;
}

} // namespace

/// What is written is the model under the plan, whoever reads it.
class ExportTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void eachKindOfUnit();
    void uniformWidthsStayStock();
    void blocksAreRenumbered();
    void mixturesOfUnits();
    void cutAgain();
    void tensorsOfTheCaller();
};

void ExportTest::initTestCase_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "mamba2_g1", "mamba_original", "mamba2_original", "falcon_mamba",
                             "jamba", "bamba", "falcon_h1", "falcon_h1_nonorm", "nemotron_h", "granitemoehybrid",
                             "granitemoehybrid_dense", "zamba", "zamba2", "zamba2_norope", "hymba"})
        QTest::newRow(name) << name;
}

void ExportTest::eachKindOfUnit()
{
    QFETCH_GLOBAL(QString, name);
    const Written written;
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const double bound = allowed(*model);
    for (const Unit &unit : oneOfEachKind(*model)) {
        if (unit.kind == "weight") // zeros are weights
            continue;
        const ExportReport report = written.write(testData(name.toStdString()), {unit.id}, unit.kind);
        const auto again = written.load(unit.kind);
        QVERIFY2(report.parameters <= model->card().parameters - unit.parameters, unit.id.c_str());
        QCOMPARE(again->card().parameters, report.parameters);
        const double error = relativeError(logitsUnder(*again, {}), logitsUnder(*model, planOf({unit.id})));
        QVERIFY2(error <= bound, qPrintable(QString("%1: %2").arg(unit.id.c_str()).arg(error)));
        // Stock software loads it or a manifest says why not.
        QCOMPARE(std::filesystem::exists(written.path(unit.kind) / pruning::manifestName), report.loaders.empty());
        QCOMPARE(report.reasons.empty(), !report.loaders.empty());
        QVERIFY2(report.loaders.empty() == (unit.loaders.empty() && !isOnlyOne(*model, unit)), unit.id.c_str());
    }
}

void ExportTest::uniformWidthsStayStock()
{
    QFETCH_GLOBAL(QString, name);
    const Written written;
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const double bound = allowed(*model);
    std::set<std::string> kinds;
    for (const Unit &unit : model->card().units)
        for (const std::string &loader : unit.loadersIfUniform)
            if (unit.from >= 0 && (loader == "mamba_ssm") == (model->card().layout == "original"))
                kinds.insert(unit.kind);
    for (const std::string &kind : kinds) {
        const auto ids = everywhere(*model, kind);
        const ExportReport report = written.write(testData(name.toStdString()), ids, kind);
        const auto again = written.load(kind);
        const double error = relativeError(logitsUnder(*again, {}), logitsUnder(*model, planOf(ids)));
        QVERIFY2(error <= bound, qPrintable(QString("%1: %2").arg(kind.c_str()).arg(error)));
        QVERIFY2(!report.loaders.empty(), report.reasons.empty() ? kind.c_str() : report.reasons.front().c_str());
    }
}

void ExportTest::blocksAreRenumbered()
{
    QFETCH_GLOBAL(QString, name);
    const Written written;
    const auto model = loaded(name.toStdString(), {.threads = 1});
    std::vector<Unit> blocks;
    for (const Unit &unit : model->card().units)
        if (unit.kind == "block" && unit.layer > 0 && blocks.size() < 2) {
            blocks.push_back(unit);
            if (!isLegal(*model, blocks) || unit.loaders.empty())
                blocks.pop_back();
        }
    if (blocks.empty()) // Jamba's types of layers follow from their numbers
        return;
    const auto ids = idsOf(blocks);
    const ExportReport report = written.write(testData(name.toStdString()), ids, "out");
    QVERIFY2(!report.loaders.empty(), report.reasons.empty() ? "" : report.reasons.front().c_str());
    const auto again = written.load("out");
    QCOMPARE(again->card().layers, model->card().layers - static_cast<int>(blocks.size()));
    auto types = model->card().layerTypes;
    for (auto block = blocks.rbegin(); block != blocks.rend(); ++block)
        types.erase(types.begin() + block->layer);
    QCOMPARE(again->card().layerTypes, types);
    QVERIFY(again->card().warnings.size() <= model->card().warnings.size());
    std::int64_t gone = 0;
    for (const Unit &block : blocks)
        gone += block.parameters;
    QCOMPARE(report.parameters, model->card().parameters - gone);
    const double error = relativeError(logitsUnder(*again, {}), logitsUnder(*model, planOf(ids)));
    QVERIFY2(error <= allowed(*model), qPrintable(QString::number(error)));
}

void ExportTest::mixturesOfUnits()
{
    QFETCH_GLOBAL(QString, name);
    const Written written;
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const auto &units = model->card().units;
    const double bound = allowed(*model);
    std::mt19937 random(17);
    for (int round = 0; round < 3; ++round) {
        std::vector<Unit> removed;
        for (int i = 0; i < 3 + 2 * round; ++i) {
            removed.push_back(units[random() % units.size()]);
            if (!isLegal(*model, removed))
                removed.pop_back();
        }
        const auto ids = idsOf(removed);
        const std::string out = std::to_string(round);
        written.write(testData(name.toStdString()), ids, out);
        const double error = relativeError(logitsUnder(*written.load(out), {}), logitsUnder(*model, planOf(ids)));
        std::string text;
        for (const std::string &id : ids)
            text += id + " ";
        QVERIFY2(error <= bound, qPrintable(QString("%1: %2").arg(text.c_str()).arg(error)));
    }
}

void ExportTest::cutAgain()
{
    QFETCH_GLOBAL(QString, name);
    const Written written;
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const double bound = allowed(*model);
    std::mt19937 random(29);
    for (int round = 0; round < 2; ++round) {
        std::filesystem::path folder = testData(name.toStdString());
        for (int depth = 0; depth < 3; ++depth) {
            const auto parent = loadModel(folder, {.threads = 1}, {});
            const auto &units = parent->card().units;
            std::vector<Unit> removed;
            for (int i = 0; i < 4; ++i) {
                removed.push_back(units[random() % units.size()]);
                if (!isLegal(*parent, removed))
                    removed.pop_back();
            }
            if (removed.empty())
                break;
            const std::string out = std::to_string(10 * round + depth);
            written.write(folder, idsOf(removed), out);
            const double error =
                relativeError(logitsUnder(*written.load(out), {}), logitsUnder(*parent, planOf(idsOf(removed))));
            QVERIFY2(error <= bound, qPrintable(QString("round %1, %2: %3").arg(round).arg(out.c_str()).arg(error)));
            folder = written.path(out);
        }
    }
}

void ExportTest::tensorsOfTheCaller()
{
    QFETCH_GLOBAL(QString, name);
    const Written written;
    const ModelFiles files = openModelFiles(testData(name.toStdString()));
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const Plan plan = planOf({oneOfEachKind(*model).front().id});
    const pruning::TensorSource stored = pruning::storedTensors(files, plan);
    std::vector<std::string> asked;
    pruning::writeModel(files, plan,
                        [&](const std::string &parameter) {
                            asked.push_back(parameter);
                            return stored(parameter).to(at::kDouble) * 2;
                        },
                        {.folder = written.path("twice")}, {});
    QCOMPARE(std::set<std::string>(asked.begin(), asked.end()).size(), asked.size());
    const auto once = [&] {
        pruning::writeModel(files, plan, stored, {.folder = written.path("once")}, {});
        return written.load("once");
    }();
    const auto twice = written.load("twice");
    for (const auto &[parameter, weight] : once->weights)
        QVERIFY2(at::equal(twice->weights.at(parameter), weight * 2), parameter.c_str());
}

QTEST_GUILESS_MAIN(ExportTest)
#include "tst_export.moc"
