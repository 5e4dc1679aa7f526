// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QTest>

#include "core/layers/head.h"
#include "core/pruning/inventory.h"
#include "core/tuning/learner.h"
#include "core/tuning/objective.h"
#include "core/tuning/validation.h"
#include "tests/core/model/rounding.h"

using namespace ecdysis;

namespace {

/// Two rows of which the first token of one, and all but the end of the other, are no labels.
data::Examples someExamples()
{
    const at::Tensor ids = at::arange(2 * 22, at::kLong).mul(37).remainder(255).view({2, 22});
    const at::Tensor labels = at::ones({2, 22}, at::kBool);
    labels.select(1, 0).fill_(false);
    labels[1].narrow(0, 0, 15).fill_(false);
    return {ids, labels};
}

/// Units of as many kinds as can go together, each from another layer where there are enough of them.
std::vector<Unit> someUnits(const Model::State &model)
{
    const pruning::Inventory inventory(model.files.blueprint);
    std::vector<Unit> units;
    std::set<std::string> kinds;
    int layer = 0;
    for (int pass = 0; pass < model.card().layers; ++pass, ++layer)
        for (const Unit &unit : inventory.units()) {
            if (unit.layer != layer || kinds.contains(unit.kind))
                continue;
            units.push_back(unit);
            if (errorOf([&] { inventory.check(units, ""); }).message.empty()) {
                kinds.insert(unit.kind);
                if (unit.isPart())
                    break; // one part of a layer: the next has its others
            } else {
                units.pop_back();
            }
        }
    return units;
}

Plan planOf(const std::vector<Unit> &units)
{
    Plan plan;
    for (const Unit &unit : units)
        plan.removals.push_back({unit.id, ""});
    return plan;
}

/// A model under a plan that is learned in one of two ways, and its loss.
class Slope
{
public:
    Slope(const Model::State &model, const Plan &plan, const LowRank &lowRank, const Objective &objective)
        : m_model(model), m_student(tuning::makeStudent(model, plan, {})), m_objective(objective),
          m_learner(lowRank.rank > 0 ? tuning::learnLowRank(model.files.blueprint, m_student, lowRank, 5)
                                     : tuning::learnAll(model.files.blueprint, m_student))
    {
        // B begins at 0, which would leave A without a gradient.
        at::manual_seed(17);
        for (const tuning::Trained &parameter : m_learner->parameters())
            if (parameter.name.ends_with("lora_B.weight"))
                parameter.value.normal_(0, 0.05);
    }

    std::vector<tuning::Trained> &parameters() { return m_learner->parameters(); }

    /// The loss, its gradients being added to those of the parameters.
    double lossWithGradients()
    {
        const auto network = tuning::buildStudent(m_model, m_learner->leaves(draw));
        const double loss =
            evaluation::backpropagate(*network, m_student.removed, m_examples.ids, lossOf(*network), {});
        m_learner->collect();
        return loss;
    }

    double loss()
    {
        const auto network = tuning::buildStudent(m_model, m_learner->leaves(draw));
        const at::NoGradGuard noGradients;
        const evaluation::PassLoss losses = lossOf(*network);
        double loss = 0;
        architectures::Stream stream = network->embed(m_examples.ids);
        for (int layer = 0; layer < network->layers(); ++layer) {
            stream =
                network->layer(layer, stream, {&m_student.removed[static_cast<std::size_t>(layer)], 1}, {}).front();
            if (losses.layers.contains(layer))
                loss += losses.layers.at(layer)(network->atTokens(stream.residual)).item<double>();
        }
        return loss + losses.last(network->atTokens(stream.residual)).item<double>();
    }

private:
    static constexpr std::int64_t draw = 3;

    evaluation::PassLoss lossOf(const architectures::Network &network) const
    {
        static const Run run;
        return tuning::lossOf(network, m_student.removed, m_examples, *m_model.network, m_objective, 1, run);
    }

    const Model::State &m_model;
    const data::Examples m_examples = someExamples();
    tuning::Student m_student;
    Objective m_objective;
    std::unique_ptr<tuning::Learner> m_learner;
};

/// How far the change of the loss along the gradient of each parameter is from what the gradient says, relative to the
/// largest such change: central differences, the loss being summed in double precision.
double worstSlope(Slope &slope)
{
    slope.lossWithGradients();
    double largest = 0, worst = 0;
    for (const tuning::Trained &parameter : slope.parameters()) {
        if (!parameter.gradient.defined())
            continue;
        const double norm = parameter.gradient.norm().item<double>();
        if (norm == 0)
            continue;
        const at::Tensor direction = parameter.gradient / norm;
        const double size = 2e-3 * std::max(1.0, parameter.value.norm().item<double>() /
                                                     std::sqrt(static_cast<double>(parameter.value.numel())));
        parameter.value.add_(direction, size);
        const double above = slope.loss();
        parameter.value.add_(direction, -2 * size);
        const double below = slope.loss();
        parameter.value.add_(direction, size);
        largest = std::max(largest, norm);
        worst = std::max(worst, std::abs((above - below) / (2 * size) - norm));
    }
    return worst / largest;
}

} // namespace

/// Gradients of everything that is learned against differences of the loss.
class TuningGradientsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachArchitectureUnderAPlan_data();
    void eachArchitectureUnderAPlan();
    void lossesAreWhatTheySay();
    void divergenceFollowsItsDefinition();
    void sharesAddUp();
    void bfloat16OperandsAreNear_data();
    void bfloat16OperandsAreNear();
};

void TuningGradientsTest::eachArchitectureUnderAPlan_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name :
         {"mamba", "mamba2", "mamba2_g1", "mamba_original", "falcon_mamba", "jamba", "bamba", "falcon_h1", "nemotron_h",
          "granitemoehybrid", "granitemoehybrid_dense", "zamba", "zamba2", "hymba"})
        QTest::newRow(name) << name;
}

void TuningGradientsTest::eachArchitectureUnderAPlan()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString(), {.threads = 1});
    const Plan plan = planOf(someUnits(*model));
    QVERIFY(plan.removals.size() >= 3);
    const Objective labels;
    const Objective all{.labels = 0.7, .divergence = 0.4, .temperature = 2, .hidden = 0.3, .layers = 0.5};
    QString found;
    for (const auto &[rank, objective] : {std::pair{0, labels}, std::pair{0, all}, std::pair{3, all}}) {
        Slope slope(*model, plan, {.rank = rank, .alpha = 6, .dropout = rank > 0 ? 0.2 : 0}, objective);
        const double error = worstSlope(slope);
        found += QString(" %1").arg(error, 0, 'g', 2);
        QVERIFY2(error < 1e-2, qPrintable(QString("rank %1: %2").arg(rank).arg(error)));
    }
    qInfo("%s without %d units: slopes differ by%s of the largest", qPrintable(name),
          static_cast<int>(plan.removals.size()), qPrintable(found));
}

void TuningGradientsTest::lossesAreWhatTheySay()
{
    // The masked loss by hand from all logits, in double precision.
    const auto model = loaded("mamba", {.threads = 1});
    const data::Examples examples = someExamples();
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(model->card().layers));
    const at::Tensor likelihoods =
        at::log_softmax(logitsOf(*model->network, examples.ids, nothing).to(at::kDouble), 1).view({2, 22, -1});
    double sum = 0;
    int count = 0;
    for (int row = 0; row < 2; ++row)
        for (int token = 1; token < 22; ++token)
            if (examples.labels[row][token].item<bool>()) {
                sum -= likelihoods[row][token - 1][examples.ids[row][token].item<std::int64_t>()].item<double>();
                ++count;
            }
    QCOMPARE(count, 21 + 7);
    const double expected = sum / count;
    Slope slope(*model, {}, {}, {});
    const double losses[] = {slope.lossWithGradients(), slope.loss(),
                             tuning::validate(*model->network, nothing, examples, {}).value};
    for (const double loss : losses)
        QVERIFY2(std::abs(loss - expected) < 1e-5, qPrintable(QString::number(loss - expected)));
    // A model is at no distance from itself.
    Slope same(*model, {}, {}, {.labels = 0, .divergence = 1, .hidden = 1, .layers = 1});
    QVERIFY(std::abs(same.lossWithGradients()) < 1e-6);
    // Of the last of two layers without anything in it nothing is asked; of the first the distance is 0.
    const Plan plan{.removals = {{"block:1", {}}}};
    const auto student = tuning::makeStudent(*model, plan, {});
    const auto passLoss = tuning::lossOf(*tuning::buildStudent(*model, student.weights), student.removed, examples,
                                         *model->network, {.labels = 0, .layers = 1}, 1, {});
    QVERIFY(passLoss.layers.contains(0) && !passLoss.layers.contains(1));
}

void TuningGradientsTest::divergenceFollowsItsDefinition()
{
    at::manual_seed(4);
    const at::Tensor hidden = at::randn({300, 8}), wanted = at::randn({300, 8}), head = at::randn({50, 8});
    const double temperature = 3;
    const Run run;
    const at::Tensor leaf = hidden.clone().requires_grad_(true);
    const layers::Linear linear{.weight = head, .bias = {}};
    const at::Tensor loss =
        layers::meanOfLogitLoss(leaf, linear, layers::divergenceLoss(wanted, linear, temperature, run), run);
    loss.backward();

    const at::Tensor exact = hidden.to(at::kDouble).requires_grad_(true);
    const auto logLikelihoods = [&](const at::Tensor &x) {
        return at::log_softmax(at::mm(x, head.to(at::kDouble).t()) / temperature, 1);
    };
    const at::Tensor teacher = logLikelihoods(wanted.to(at::kDouble));
    const at::Tensor expected =
        (teacher.exp() * (teacher - logLikelihoods(exact))).sum(1).mean() * (temperature * temperature);
    expected.backward();
    QVERIFY(std::abs(loss.item<double>() / expected.item<double>() - 1) < 1e-6);
    QVERIFY(relativeError(leaf.grad(), exact.grad()) < 1e-5);
}

void TuningGradientsTest::sharesAddUp()
{
    // The mean over the labels of two batches is that over their union, whatever their numbers.
    const auto model = loaded("mamba2", {.threads = 1});
    const data::Examples both = someExamples();
    const auto student = tuning::makeStudent(*model, {}, {});
    const auto gradientsOf = [&](const std::vector<std::vector<std::int64_t>> &batches) {
        const auto learner = tuning::learnAll(model->files.blueprint, student);
        for (const auto &indices : batches) {
            const data::Examples batch = data::chosen(both, indices);
            const double share = static_cast<double>(batch.labels.sum().item<std::int64_t>()) / 28;
            const auto network = tuning::buildStudent(*model, learner->leaves(0));
            evaluation::backpropagate(*network, student.removed, batch.ids,
                                      tuning::lossOf(*network, student.removed, batch, *model->network, {}, share, {}),
                                      {});
            learner->collect();
        }
        return learner->parameters();
    };
    const auto together = gradientsOf({{0, 1}}), apart = gradientsOf({{0}, {1}});
    for (std::size_t i = 0; i < together.size(); ++i)
        QVERIFY2(relativeError(apart[i].gradient, together[i].gradient) < 1e-4, together[i].name.c_str());
}

void TuningGradientsTest::bfloat16OperandsAreNear_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"mamba", "mamba2", "jamba", "granitemoehybrid"})
        QTest::newRow(name) << name;
}

void TuningGradientsTest::bfloat16OperandsAreNear()
{
    QFETCH(QString, name);
    const auto exact = loaded(name.toStdString(), {.threads = 1});
    const auto rounded = loaded(name.toStdString(), {.dtype = DType::BF16, .threads = 1});
    Slope expected(*exact, {}, {}, {}), found(*rounded, {}, {}, {});
    const double loss = expected.lossWithGradients();
    QVERIFY(std::abs(found.lossWithGradients() / loss - 1) < 0.02);
    double squares = 0, differences = 0;
    for (std::size_t i = 0; i < expected.parameters().size(); ++i) {
        const tuning::Trained &one = expected.parameters()[i], &other = found.parameters()[i];
        QCOMPARE(one.name, other.name);
        QVERIFY(at::equal(one.value, other.value)); // masters are not rounded
        QCOMPARE(other.gradient.scalar_type(), at::kFloat);
        squares += std::pow(one.gradient.norm().item<double>(), 2);
        differences += std::pow((one.gradient - other.gradient).norm().item<double>(), 2);
    }
    const double error = std::sqrt(differences / squares);
    qInfo("%s: gradients with bfloat16 operands differ by %.2g", qPrintable(name), error);
    QVERIFY(error > 1e-4 && error < 0.1);
}

QTEST_GUILESS_MAIN(TuningGradientsTest)
#include "tst_tuning_gradients.moc"
