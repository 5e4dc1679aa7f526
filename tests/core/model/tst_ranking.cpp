// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <map>

#include <QTest>

#include "core/analysis/element_sums.h"
#include "core/analysis/ranking.h"
#include "core/evaluation/gradients.h"
#include "core/evaluation/perplexity.h"
#include "core/pruning/applied_plan.h"
#include "core/pruning/cut_weights.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;
using architectures::Weights;
using scores::Place;

namespace {

const at::Tensor ids = at::arange(2 * 21, at::kLong).mul(37).remainder(272).view({2, 21});
const data::Windows windows{ids, {}};

/// Every part and width of a model but single weights.
std::vector<Place> placesOf(const Model::State &model)
{
    std::vector<Place> places;
    for (const architectures::Part &part : model.files.blueprint.parts)
        places.push_back({part.kind, part.layer});
    for (const architectures::Axis &axis : model.files.blueprint.axes)
        places.push_back({axis.kind, axis.layer});
    return places;
}

/// The units of a place one by one: the part, or each entry of the width.
std::vector<Unit> unitsAt(const Model::State &model, const Place &place)
{
    const pruning::Inventory inventory(model.files.blueprint);
    for (const architectures::Axis &axis : model.files.blueprint.axes)
        if (axis.kind == place.kind && axis.layer == place.layer) {
            std::vector<Unit> units;
            for (std::int64_t entry = 0; entry < axis.size; ++entry)
                units.push_back(inventory.unit(unitId(place.kind, place.layer, entry, entry), ""));
            return units;
        }
    return {inventory.unit(unitId(place.kind, place.layer), "")};
}

double sum(const Weights &weights)
{
    double total = 0;
    for (const auto &[name, weight] : weights)
        total += weight.sum(at::kDouble).item<double>();
    return total;
}

/// Each place's scores against what vanishes from the elements' sum when zeros take the place of a unit.
void compare(const Model::State &model, const Weights &elements, const scores::UnitScores &score)
{
    const pruning::Inventory inventory(model.files.blueprint);
    const double all = sum(elements);
    for (const Place &place : placesOf(model)) {
        const at::Tensor found = score(place);
        const std::vector<Unit> units = unitsAt(model, place);
        QCOMPARE(found.numel(), static_cast<std::int64_t>(units.size()));
        QCOMPARE(found.scalar_type(), at::kDouble);
        for (std::size_t i = 0; i < units.size(); ++i) {
            const double expected = all - sum(pruning::masked(elements, inventory.cut({&units[i], 1})));
            const double error = std::abs(found.data_ptr<double>()[i] - expected);
            QVERIFY2(error < 1e-9 * all, qPrintable(QString("%1: %2").arg(units[i].id.c_str()).arg(error)));
        }
    }
}

void eachFixture()
{
    QTest::addColumn<QString>("name");
    for (const char *name :
         {"mamba", "mamba2", "mamba2_g1", "falcon_mamba", "jamba", "bamba", "falcon_h1", "nemotron_h",
          "granitemoehybrid", "granitemoehybrid_dense", "zamba", "zamba2", "zamba2_norope", "hymba"})
        QTest::newRow(name) << name;
}

} // namespace

/// Importance of units, and their order.
class RankingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void magnitudesAreSumsOverWhatGoes_data() { eachFixture(); }
    void magnitudesAreSumsOverWhatGoes();
    void taylorTermsAreSumsOverWhatGoes_data();
    void taylorTermsAreSumsOverWhatGoes();
    void influenceIsThatOfTheStream_data() { eachFixture(); }
    void influenceIsThatOfTheStream();
    void ordersEntries();
    void widthsTakeOnePass();
    void refusesWhatItCannotRank();
};

void RankingTest::magnitudesAreSumsOverWhatGoes()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    Weights elements;
    for (const auto &[weight, tensor] : model->weights)
        elements[weight] = tensor.to(at::kDouble).abs();
    compare(*model, elements, analysis::unitScores({*model}, scores::parse("magnitude"), placesOf(*model), {}));
}

void RankingTest::taylorTermsAreSumsOverWhatGoes_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "zamba2", "jamba"})
        QTest::newRow(name) << name;
}

void RankingTest::taylorTermsAreSumsOverWhatGoes()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    // |w · mean of g|: the mean of both windows' gradients is that of their mean loss.
    const auto gradients = evaluation::gradients(*model, ids, {}).parameters;
    Weights elements;
    for (const auto &[weight, tensor] : model->weights)
        elements[weight] = (tensor * gradients.at(model->files.storedNames.at(weight))).to(at::kDouble).abs();
    const auto score =
        analysis::unitScores({*model, &windows}, scores::parse("gradient:gradient=mean"), placesOf(*model), {});
    const double all = sum(elements);
    const pruning::Inventory inventory(model->files.blueprint);
    for (const Place &place : placesOf(*model)) {
        const Unit unit = unitsAt(*model, place).front();
        const double expected = all - sum(pruning::masked(elements, inventory.cut({&unit, 1})));
        const double error = std::abs(score(place)[0].item<double>() - expected);
        QVERIFY2(error < 1e-5 * all, qPrintable(QString("%1: %2").arg(unit.id.c_str()).arg(error)));
    }
}

/// From the streams of the model with and without the part, position by position in double precision.
void RankingTest::influenceIsThatOfTheStream()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    std::vector<Place> parts = placesOf(*model);
    std::erase_if(parts, [&](const Place &place) { return unitsAt(*model, place).front().from >= 0; });
    const auto score = analysis::unitScores({*model, &windows}, scores::parse("block_influence"), parts, {});
    const architectures::Network &network = *model->network;
    const at::NoGradGuard noGradients;
    architectures::Stream stream = network.embed(ids);
    for (int layer = 0; layer < network.layers(); ++layer) {
        const architectures::Removed nothing[] = {{}};
        const auto whole = network.layer(layer, stream, nothing, {}).front();
        for (const Place &part : parts) {
            if (part.layer != layer)
                continue;
            const architectures::Removed without[] = {{part.kind}};
            const at::Tensor other =
                part.kind == "block" ? stream.residual : network.layer(layer, stream, without, {}).front().residual;
            const at::Tensor a = whole.residual.to(at::kDouble), b = other.to(at::kDouble);
            const at::Tensor cosines = (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1)).sqrt();
            const double error = std::abs(score(part).item<double>() - (1 - cosines.mean().item<double>()));
            QVERIFY2(error < 1e-6, qPrintable(QString("%1:%2: %3").arg(part.kind.c_str()).arg(layer).arg(error)));
        }
        stream = whole;
    }
}

void RankingTest::ordersEntries()
{
    const at::Tensor entries = at::tensor({2.0, 5.0, 2.0, -1.0, 5.0}, at::kDouble);
    QVERIFY((analysis::mostImportantFirst(entries) == std::vector<std::int64_t>{1, 4, 0, 2, 3}));
    const auto model = loaded("mamba2", {.threads = 1});
    const auto order = analysis::entryOrder(*model, "magnitude", "state", 1, nullptr, {});
    const Place place{"state", 1};
    const at::Tensor scores = analysis::unitScores({*model}, scores::parse("magnitude"), {&place, 1}, {})(place);
    QCOMPARE(order.size(), static_cast<std::size_t>(scores.numel()));
    for (std::size_t i = 1; i < order.size(); ++i)
        QVERIFY(scores[order[i - 1]].item<double>() >= scores[order[i]].item<double>());
}

/// The channels of all layers of one tensor each: some milliseconds a layer, whatever their number.
void RankingTest::widthsTakeOnePass()
{
    const auto model = loaded("mamba", {.threads = 1});
    std::int64_t reads = 0;
    const Place place{"inner_channels", 0};
    const auto &blueprint = model->files.blueprint;
    const auto count = [&](const std::string &parameter) {
        ++reads;
        return model->weights.at(parameter).abs();
    };
    analysis::sumsOfElements(blueprint, count)(place);
    QVERIFY2(reads <= 10, qPrintable(QString::number(reads))); // one a slice, not one an entry
}

void RankingTest::refusesWhatItCannotRank()
{
    const auto model = loaded("mamba", {.threads = 1});
    const auto rank = [&](const RankRequest &request) { return errorOf([&] { analysis::rank(*model, request, {}); }); };
    QCOMPARE(rank({.score = "beauty", .kinds = {"block"}}).code, ErrorCode::InvalidArgument);
    QCOMPARE(rank({.score = "gradient", .kinds = {"block"}}).code, ErrorCode::InvalidArgument); // no text
    const Error kind = rank({.score = "magnitude", .kinds = {"block", "attention"}});
    QCOMPARE(kind.code, ErrorCode::InvalidArgument);
    QVERIFY(kind.message.find("block") != std::string::npos && kind.message.find("attention") != std::string::npos);
    const Place width{"state", 0};
    QCOMPARE(errorOf([&] {
                 analysis::unitScores({*model, &windows}, scores::parse("block_influence"), {&width, 1}, {});
             }).code,
             ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(RankingTest)
#include "tst_ranking.moc"
