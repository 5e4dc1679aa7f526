// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <cmath>

#include <QTest>

#include <torch/optim/adamw.h>

#include "core/tuning/adamw.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;

/// AdamW and its learning rates.
class AdamWTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void equalsThePublishedFormula();
    void equalsThatOfLibTorch();
    void ratesRiseAndFall_data();
    void ratesRiseAndFall();
};

namespace {

constexpr int steps = 40;
constexpr AdamWSettings settings{.beta1 = 0.9, .beta2 = 0.95, .epsilon = 1e-8, .weightDecay = 0.1};

double rateOf(int step)
{
    return 0.01 / (1 + 0.1 * step);
}

at::Tensor gradientOf(int step)
{
    return at::sin(at::arange(12, at::kFloat).view({3, 4}) * 0.7 + step * 1.3) * std::pow(10.0, step % 5 - 3);
}

at::Tensor tuned()
{
    const at::Tensor value = at::linspace(-1, 2, 12, at::kFloat).view({3, 4});
    const tuning::Moments moments = tuning::noMoments(value);
    for (int step = 1; step <= steps; ++step)
        tuning::adamW(value, gradientOf(step), moments, settings, rateOf(step), step);
    return value;
}

} // namespace

void AdamWTest::equalsThePublishedFormula()
{
    // Algorithm 2 of arXiv 1711.05101, the schedule multiplying the decay as well, number by number.
    const at::Tensor found = tuned();
    for (std::int64_t i = 0; i < 12; ++i) {
        double value = at::linspace(-1, 2, 12, at::kFloat)[i].item<double>();
        double first = 0, second = 0;
        for (int step = 1; step <= steps; ++step) {
            const double gradient = gradientOf(step).flatten()[i].item<double>();
            first = settings.beta1 * first + (1 - settings.beta1) * gradient;
            second = settings.beta2 * second + (1 - settings.beta2) * gradient * gradient;
            const double mean = first / (1 - std::pow(settings.beta1, step));
            const double square = second / (1 - std::pow(settings.beta2, step));
            value -= rateOf(step) * (mean / (std::sqrt(square) + settings.epsilon) + settings.weightDecay * value);
        }
        QVERIFY(std::abs(found.flatten()[i].item<double>() - value) < 2e-6);
    }
}

void AdamWTest::equalsThatOfLibTorch()
{
    const at::Tensor value = at::linspace(-1, 2, 12, at::kFloat).view({3, 4}).requires_grad_(true);
    torch::optim::AdamW optimiser({value}, torch::optim::AdamWOptions(0)
                                               .betas({settings.beta1, settings.beta2})
                                               .eps(settings.epsilon)
                                               .weight_decay(settings.weightDecay));
    for (int step = 1; step <= steps; ++step) {
        static_cast<torch::optim::AdamWOptions &>(optimiser.param_groups()[0].options()).lr(rateOf(step));
        value.mutable_grad() = gradientOf(step);
        optimiser.step();
    }
    QVERIFY(relativeError(tuned(), value.detach()) < 1e-6);
}

void AdamWTest::ratesRiseAndFall_data()
{
    QTest::addColumn<int>("decay");
    QTest::addColumn<QList<double>>("rates"); // of steps 1, 2, 4, 8, 12
    const auto number = [](Decay decay) { return static_cast<int>(decay); };
    // Way after the warm-up of 4 of 12 steps: a half at step 8.
    QTest::newRow("constant") << number(Decay::Constant) << QList<double>{0.5, 1, 2, 2, 2};
    QTest::newRow("linear") << number(Decay::Linear) << QList<double>{0.5, 1, 2, 1.2, 0.4};
    QTest::newRow("cosine") << number(Decay::Cosine) << QList<double>{0.5, 1, 2, 1.2, 0.4};
}

void AdamWTest::ratesRiseAndFall()
{
    QFETCH(int, decay);
    QFETCH(QList<double>, rates);
    const LearningRate rate{.peak = 2, .warmup = 4, .decay = static_cast<Decay>(decay), .last = 0.2};
    const int asked[] = {1, 2, 4, 8, 12};
    for (int i = 0; i < 5; ++i)
        QVERIFY(std::abs(tuning::learningRate(rate, asked[i], 12) - rates[i]) < 1e-12);
    if (rate.decay == Decay::Cosine) // a quarter of the way: (1 + cos 45°) / 2 of what is between
        QVERIFY(std::abs(tuning::learningRate(rate, 6, 12) - (0.4 + 1.6 * (1 + std::sqrt(0.5)) / 2)) < 1e-12);
}

QTEST_GUILESS_MAIN(AdamWTest)
#include "tst_adamw.moc"
