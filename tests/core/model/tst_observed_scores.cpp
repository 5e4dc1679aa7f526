// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <set>

#include <QTest>

#include "core/analysis/ranking.h"
#include "core/evaluation/perplexity.h"
#include "core/pruning/inventory.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;
using architectures::Weights;
using scores::Place;

namespace {

const at::Tensor ids = at::arange(2 * 21, at::kLong).mul(37).remainder(272).view({2, 21});
const data::Windows windows{ids, {}};

/// The residual stream that enters a layer.
at::Tensor entering(const architectures::Network &network, int layer)
{
    const at::NoGradGuard noGradients;
    const architectures::Removed nothing[] = {{}};
    architectures::Stream stream = network.embed(ids);
    for (int i = 0; i < layer; ++i)
        stream = network.layer(i, stream, nothing, {}).front();
    return stream.residual;
}

/// What a state space of one layer goes through, from the weights in double precision, one token after the other.
struct States
{
    at::Tensor steps;         ///< (channel), or (head): mean step size
    at::Tensor contributions; ///< (group, state): mean of (h C)², what a state adds to the output
};

/// Columns after causal convolution and SiLU. x (batch, time, channel).
at::Tensor convolved(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias)
{
    at::Tensor y = at::zeros_like(x) + bias;
    for (std::int64_t tap = 0; tap < weight.size(2); ++tap) {
        const std::int64_t back = weight.size(2) - 1 - tap;
        y.narrow(1, back, x.size(1) - back) += x.narrow(1, 0, x.size(1) - back) * weight.select(2, tap).select(1, 0);
    }
    return at::silu(y);
}

/// Steps and states of h_t = exp(dt A) h + dt x B; x and dt (batch, time, group, channel), A (group, channel, 1 or
/// state), B and C (batch, time, group, state).
States recurred(const at::Tensor &x, const at::Tensor &dt, const at::Tensor &A, const at::Tensor &B,
                const at::Tensor &C)
{
    at::Tensor h = at::zeros({x.size(0), x.size(2), x.size(3), B.size(3)}, at::kDouble);
    at::Tensor squares = at::zeros({x.size(2), B.size(3)}, at::kDouble);
    for (std::int64_t t = 0; t < x.size(1); ++t) {
        const at::Tensor step = dt.select(1, t).unsqueeze(3);
        h = (step * A).exp() * h + step * x.select(1, t).unsqueeze(3) * B.select(1, t).unsqueeze(2);
        squares += (h * C.select(1, t).unsqueeze(2)).square().mean(2).mean(0) / x.size(1);
    }
    return {dt.mean(std::vector<std::int64_t>{0, 1}), squares};
}

at::Tensor normalised(const at::Tensor &x, const at::Tensor &weight)
{
    return x * (x.square().mean(-1, true) + 1e-5).rsqrt() * weight;
}

/// tests/data/mamba and tests/data/mamba2.
States statesOf(const Model::State &model, int layer)
{
    const std::string path = "backbone.layers." + std::to_string(layer) + ".";
    const auto at = [&](const std::string &name) { return model.weights.at(path + name).to(at::kDouble); };
    const at::Tensor hidden = normalised(entering(*model.network, layer).to(at::kDouble), at("norm.weight"));
    const at::Tensor projected = at::matmul(hidden, at("mixer.in_proj.weight").t());
    const at::Tensor A = at("mixer.A_log").exp().neg();
    const std::int64_t inner = at("mixer.out_proj.weight").size(1);
    if (model.card().architecture == "mamba") {
        const std::int64_t states = A.size(1);
        const at::Tensor x =
            convolved(projected.narrow(2, 0, inner), at("mixer.conv1d.weight"), at("mixer.conv1d.bias"));
        const at::Tensor selected = at::matmul(x, at("mixer.x_proj.weight").t());
        const std::int64_t rank = selected.size(2) - 2 * states;
        const at::Tensor dt = at::softplus(at::matmul(selected.narrow(2, 0, rank), at("mixer.dt_proj.weight").t()) +
                                           at("mixer.dt_proj.bias"));
        return recurred(x.unsqueeze(2), dt.unsqueeze(2), A.unsqueeze(0), selected.narrow(2, rank, states).unsqueeze(2),
                        selected.narrow(2, rank + states, states).unsqueeze(2));
    }
    const std::int64_t heads = A.size(0), groups = model.files.config.integer("n_groups");
    const std::int64_t wide = projected.size(2) - inner - heads;
    const at::Tensor xBC =
        convolved(projected.narrow(2, inner, wide), at("mixer.conv1d.weight"), at("mixer.conv1d.bias"));
    const at::Tensor dt = at::softplus(projected.narrow(2, inner + wide, heads) + at("mixer.dt_bias"));
    const auto spread = [&](const at::Tensor &ofHeads) { // to channels, by group
        return ofHeads.repeat_interleave(inner / heads, -1).unflatten(-1, {groups, -1});
    };
    const std::int64_t bc = (wide - inner) / 2;
    const auto grouped = [&](const at::Tensor &tensor) { return tensor.unflatten(2, {groups, -1}); };
    States states = recurred(grouped(xBC.narrow(2, 0, inner)), spread(dt), spread(A).unsqueeze(2),
                             grouped(xBC.narrow(2, inner, bc)), grouped(xBC.narrow(2, inner + bc, bc)));
    states.steps = dt.mean(std::vector<std::int64_t>{0, 1});
    return states;
}

} // namespace

/// Scores from what happens inside a network while it computes.
class ObservedScoresTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void stateSpacesAreScoredByTheirStates_data();
    void stateSpacesAreScoredByTheirStates();
    void activationsAreThoseOfTheProjection_data();
    void activationsAreThoseOfTheProjection();
    void everyStateSpaceIsObserved_data();
    void everyStateSpaceIsObserved();
};

void ObservedScoresTest::stateSpacesAreScoredByTheirStates_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2"})
        QTest::newRow(name) << name;
}

void ObservedScoresTest::stateSpacesAreScoredByTheirStates()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    for (const int layer : {0, 2}) {
        const States states = statesOf(*model, layer);
        const Place state{"state", layer};
        const at::Tensor ghost =
            analysis::unitScores({*model, &windows}, scores::parse("ghost"), {&state, 1}, {})(state);
        const at::Tensor expected = states.contributions.sum(0);
        QVERIFY2(relativeError(ghost, expected) < 1e-4, qPrintable(QString::number(relativeError(ghost, expected))));

        const Place ssm{"ssm", layer};
        const Place width{name == "mamba" ? "inner_channels" : "heads", layer};
        const std::vector<Place> places{ssm, width};
        const auto steps = analysis::unitScores({*model, &windows}, scores::parse("low_delta"), places, {});
        at::Tensor entries = states.steps.flatten();
        if (name == "mamba2") // entry h is the h-th head of every group
            entries = entries.view({model->files.config.integer("n_groups"), -1}).mean(0);
        QVERIFY2(relativeError(steps(width), entries) < 1e-5, qPrintable(QString::number(layer)));
        QVERIFY(relativeError(steps(ssm), states.steps.mean().view({1})) < 1e-5);
    }
}

void ObservedScoresTest::activationsAreThoseOfTheProjection_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("projection");
    QTest::newRow("mamba") << "mamba"
                           << "inner_channels"
                           << "backbone.layers.1.mixer.out_proj.weight";
    QTest::newRow("mamba2") << "mamba2"
                            << "heads"
                            << "backbone.layers.1.mixer.out_proj.weight";
    QTest::newRow("bamba") << "bamba"
                           << "mlp_channels"
                           << "model.layers.1.feed_forward.down_proj.weight";
}

/// Weights that pick columns bring what the projection is given to light: it is what they add to the stream.
void ObservedScoresTest::activationsAreThoseOfTheProjection()
{
    QFETCH(QString, name);
    QFETCH(QString, kind);
    QFETCH(QString, projection);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const at::NoGradGuard noGradients;
    const at::Tensor &weight = model->weights.at(projection.toStdString());
    const architectures::Removed nothing[] = {{}};
    const architectures::Stream stream{entering(*model->network, 1), {}};
    const auto withWeight = [&](const at::Tensor &other) {
        Weights weights = model->weights;
        weights[projection.toStdString()] = other;
        return model->files.architecture->build(model->files.config, weights)
            ->layer(1, stream, nothing, {})[0]
            .residual;
    };
    const at::Tensor without = withWeight(at::zeros_like(weight));
    std::vector<at::Tensor> columns;
    for (std::int64_t from = 0; from < weight.size(1); from += weight.size(0)) {
        const std::int64_t count = std::min(weight.size(0), weight.size(1) - from);
        at::Tensor picks = at::zeros_like(weight);
        for (std::int64_t i = 0; i < count; ++i)
            picks[i][from + i] = 1;
        columns.push_back((withWeight(picks) - without).narrow(2, 0, count).flatten(0, 1).to(at::kDouble));
    }
    const at::Tensor inputs = at::cat(columns, 1);
    const Place place{kind.toStdString(), 1};
    const at::Tensor rms =
        analysis::unitScores({*model, &windows}, scores::parse("activation"), {&place, 1}, {})(place);
    const at::Tensor mean =
        analysis::unitScores({*model, &windows}, scores::parse("activation:statistic=mean"), {&place, 1}, {})(place);
    // The columns of an entry, from the cut of the projection.
    const pruning::Inventory inventory(model->files.blueprint);
    for (std::int64_t entry = 0; entry < rms.numel(); ++entry) {
        const Unit unit = inventory.unit(unitId(place.kind, 1, entry, entry), "");
        const auto cut = inventory.cut({&unit, 1});
        const at::Tensor own =
            inputs.index_select(1, at::tensor(cut.partial.at(projection.toStdString()).at(1), at::kLong));
        const double expected[] = {own.square().mean().sqrt().item<double>(), own.abs().mean().item<double>()};
        QVERIFY2(std::abs(rms[entry].item<double>() - expected[0]) < 1e-4 * expected[0] + 1e-7, unit.id.c_str());
        QVERIFY2(std::abs(mean[entry].item<double>() - expected[1]) < 1e-4 * expected[1] + 1e-7, unit.id.c_str());
    }
}

void ObservedScoresTest::everyStateSpaceIsObserved_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name :
         {"mamba", "mamba2", "mamba2_g1", "falcon_mamba", "jamba", "bamba", "falcon_h1", "nemotron_h",
          "granitemoehybrid", "granitemoehybrid_dense", "zamba", "zamba2", "zamba2_norope", "hymba"})
        QTest::newRow(name) << name;
}

/// Watching changes nothing; every state space tells; the scores of an SSM are the means of those of its widths.
void ObservedScoresTest::everyStateSpaceIsObserved()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    std::set<std::string> told;
    Weights weights = model->weights;
    layers::Observers observers;
    observers.scan = [&](const std::string &logA, std::int64_t, const layers::SelectiveScan &, layers::Sequence) {
        told.insert(logA);
    };
    observers.duality = [&](const std::string &logA, const layers::StateDuality &, layers::Sequence) {
        told.insert(logA);
    };
    std::set<std::string> products;
    observers.linear = [&](const std::string &weight, const at::Tensor &x) {
        products.insert(weight);
        QCOMPARE(x.size(1), model->weights.at(weight).size(1));
    };
    weights.observers = std::make_shared<const layers::Observers>(observers);
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(model->card().layers));
    const auto network = model->files.architecture->build(model->files.config, weights);
    QVERIFY(at::equal(evaluation::forward(*network, ids, nothing, {}),
                      evaluation::forward(*model->network, ids, nothing, {})));
    std::set<std::string> stateSpaces;
    for (const auto &[weight, tensor] : model->weights)
        if (weight.find(".A_log") != std::string::npos)
            stateSpaces.insert(weight);
    QVERIFY(told == stateSpaces);
    QVERIFY(!products.empty());

    for (int layer = 0; layer < model->card().layers; ++layer) {
        const pruning::Inventory inventory(model->files.blueprint);
        if (!inventory.axis("state", layer))
            continue;
        const Place ssm{"ssm", layer}, state{"state", layer};
        const at::Tensor ghost =
            analysis::unitScores({*model, &windows}, scores::parse("ghost"), {&state, 1}, {})(state);
        QCOMPARE(ghost.numel(), inventory.axis("state", layer)->size);
        QVERIFY(ghost.gt(0).all().item<bool>());
        const auto steps = [&](const Place &place) {
            return analysis::unitScores({*model, &windows}, scores::parse("low_delta"), {&place, 1}, {})(place);
        };
        const double whole = steps(ssm).item<double>();
        for (const char *kind : {"heads", "inner_channels"}) {
            const Place width{kind, layer};
            const bool refused = !errorOf([&] { steps(width); }).message.empty();
            if (!refused)
                QVERIFY(std::abs(steps(width).mean().item<double>() - whole) < 1e-9 * whole);
        }
    }
}

QTEST_GUILESS_MAIN(ObservedScoresTest)
#include "tst_observed_scores.moc"
