// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include <QTest>

#include "core/evaluation/gradients.h"
#include "core/evaluation/outputs.h"
#include "core/evaluation/perplexity.h"
#include "core/layers/mamba2_mixer.h"
#include "core/layers/mamba_mixer.h"
#include "core/layers/state_duality.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;
using architectures::Removed;

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix zeros(std::size_t rows, std::size_t columns)
{
    return Matrix(rows, std::vector<double>(columns));
}

Matrix matrix(const at::Tensor &tensor)
{
    const at::Tensor values = tensor.to(at::kDouble).reshape({tensor.size(0), -1}).contiguous();
    Matrix result;
    for (std::int64_t i = 0; i < values.size(0); ++i) {
        const double *row = values[i].data_ptr<double>();
        result.emplace_back(row, row + values.size(1));
    }
    return result;
}

/// x Wᵀ
Matrix product(const Matrix &x, const Matrix &weight)
{
    Matrix y = zeros(x.size(), weight.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t o = 0; o < weight.size(); ++o)
            for (std::size_t k = 0; k < weight[o].size(); ++k)
                y[i][o] += x[i][k] * weight[o][k];
    return y;
}

double silu(double x)
{
    return x / (1 + std::exp(-x));
}

Matrix rmsNorm(const Matrix &x, const std::vector<double> &weight, std::size_t group)
{
    Matrix y = x;
    for (auto &row : y)
        for (std::size_t start = 0; start < row.size(); start += group) {
            double squares = 0;
            for (std::size_t c = start; c < start + group; ++c)
                squares += row[c] * row[c];
            for (std::size_t c = start; c < start + group; ++c)
                row[c] *= weight[c] / std::sqrt(squares / static_cast<double>(group) + 1e-5);
        }
    return y;
}

/// silu of the causal convolution of the columns from `first` on.
Matrix convolution(const Matrix &x, std::size_t first, const Matrix &taps, const Matrix &bias)
{
    Matrix y = zeros(x.size(), taps.size());
    for (std::size_t t = 0; t < x.size(); ++t)
        for (std::size_t c = 0; c < taps.size(); ++c) {
            double sum = bias[c][0];
            for (std::size_t j = 0; j < taps[c].size(); ++j)
                if (t + j + 1 >= taps[c].size())
                    sum += taps[c][j] * x[t + j + 1 - taps[c].size()][first + c];
            y[t][c] = silu(sum);
        }
    return y;
}

/// One layer of the tiny models without its state space, one sequence, in double precision.
Matrix layerWithoutSsm(const architectures::Weights &weights, const std::string &prefix, const Matrix &residual)
{
    const auto weight = [&](const char *name) { return matrix(weights.at(prefix + name)); };
    const auto vector = [&](const char *name) { return matrix(weights.at(prefix + name).unsqueeze(0))[0]; };
    const bool two = weights.contains(prefix + "mixer.norm.weight");
    const Matrix hidden = rmsNorm(residual, vector("norm.weight"), residual[0].size());
    const Matrix projected = product(hidden, weight("mixer.in_proj.weight"));
    const Matrix out = weight("mixer.out_proj.weight");
    const std::size_t inner = out[0].size();
    Matrix y = convolution(projected, two ? inner : 0, weight("mixer.conv1d.weight"), weight("mixer.conv1d.bias"));
    for (std::size_t t = 0; t < y.size(); ++t) {
        y[t].resize(inner);
        for (std::size_t c = 0; c < inner; ++c)
            y[t][c] *= silu(projected[t][two ? c : inner + c]);
    }
    if (two)
        y = rmsNorm(y, vector("mixer.norm.weight"), inner);
    Matrix result = product(y, out);
    for (std::size_t t = 0; t < result.size(); ++t)
        for (std::size_t c = 0; c < result[t].size(); ++c)
            result[t][c] += residual[t][c];
    return result;
}

at::Tensor someIds(std::int64_t batch, std::int64_t time)
{
    return at::arange(batch * time, at::kLong).mul(37).remainder(272).view({batch, time});
}

/// A mixer of the shape of Mamba 2.8b with random weights.
layers::MambaMixer largeMixer()
{
    const std::int64_t channels = 2560;
    const std::int64_t inner = 5120;
    const auto random = [](at::IntArrayRef shape) { return at::randn(shape).mul_(0.02); };
    return layers::MambaMixer({.input = {random({2 * inner, channels}), {}},
                               .convolution = {random({inner, 1, 4}), random({inner})},
                               .ssm = {.scanInput = {random({160 + 32, inner}), {}},
                                       .step = {random({inner, 160}), random({inner})},
                                       .logA = at::zeros({inner, 16}),
                                       .D = at::ones({inner})},
                               .output = {random({channels, inner}), {}}});
}

} // namespace

/// Variants of layers, single steps, and being stopped.
class VariantsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void withoutSsmIsTheFormula_data() { models(); }
    void withoutSsmIsTheFormula();
    void variantsTogetherHaveTheBitsOfEachAlone_data() { models(); }
    void variantsTogetherHaveTheBitsOfEachAlone();
    void stepsEqualPrefill_data() { models(); }
    void stepsEqualPrefill();
    void chunkedDualityEqualsRecurrence_data();
    void chunkedDualityEqualsRecurrence();
    void stopsWithinALargeLayer();
    void stopsWithinAGradient();

private:
    static void models()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"mamba", "mamba2"})
            QTest::newRow(name) << name;
    }
};

void VariantsTest::withoutSsmIsTheFormula()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString());
    const architectures::Stream stream = model->network->embed(someIds(1, 11));
    const at::Tensor &residual = stream.residual;
    for (int layer = 0; layer < model->network->layers(); ++layer) {
        const Removed variants[] = {{"ssm"}};
        const at::Tensor found = model->network->layer(layer, stream, variants, {}).front().residual;
        const Matrix expected =
            layerWithoutSsm(model->weights, "backbone.layers." + std::to_string(layer) + ".", matrix(residual[0]));
        for (std::size_t t = 0; t < expected.size(); ++t)
            for (std::size_t c = 0; c < expected[t].size(); ++c)
                QVERIFY(std::abs(found[0][static_cast<std::int64_t>(t)][static_cast<std::int64_t>(c)].item<float>() -
                                 expected[t][c]) < 2e-5);
    }
}

void VariantsTest::variantsTogetherHaveTheBitsOfEachAlone()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString());
    const architectures::Stream stream = model->network->embed(someIds(3, 50));
    const Removed variants[] = {{"ssm"}, {}, {"block"}, {"ssm"}, {"block", "ssm"}};
    const auto together = model->network->layer(1, stream, variants, {});
    QCOMPARE(together.size(), std::size(variants));
    for (std::size_t i = 0; i < together.size(); ++i) {
        const auto alone = model->network->layer(1, stream, std::span(variants).subspan(i, 1), {});
        QVERIFY(at::equal(together[i].residual, alone.front().residual));
    }
    QVERIFY(at::equal(together[2].residual, stream.residual));
    QVERIFY(at::equal(together[4].residual, stream.residual));
    QVERIFY(!at::equal(together[0].residual, together[1].residual));
}

void VariantsTest::stepsEqualPrefill()
{
    QFETCH(QString, name);
    const auto model = loaded(name.toStdString());
    const at::Tensor ids = someIds(2, 23);
    std::vector<Removed> removed(static_cast<std::size_t>(model->network->layers()));
    removed[1] = {"ssm"};
    removed[2] = {"block"};
    const at::Tensor whole = evaluation::forward(*model->network, ids, removed, {});
    std::vector<architectures::LayerState> states = model->network->begin(ids.size(0), removed, {});
    for (std::int64_t token = 0; token < ids.size(1); ++token) {
        architectures::Stream stream = model->network->embedNext(ids.narrow(1, token, 1));
        for (std::size_t layer = 0; layer < states.size(); ++layer)
            stream = model->network->resume(static_cast<int>(layer), stream, {}, states[layer], removed[layer], {});
        QVERIFY(relativeError(stream.residual, whole.narrow(1, token, 1)) < 1e-5);
    }
}

void VariantsTest::chunkedDualityEqualsRecurrence_data()
{
    QTest::addColumn<int>("time");
    for (int time : {1, 2, 15, 16, 17, 50, 64, 129})
        QTest::addRow("%d tokens", time) << time;
}

void VariantsTest::chunkedDualityEqualsRecurrence()
{
    QFETCH(int, time);
    const layers::Sequence sequence{3, time};
    const std::int64_t rows = sequence.rows();
    at::manual_seed(7);
    const layers::StateDuality ssd{.x = at::randn({rows, 6 * 8}),
                                   .dt = at::randn({rows, 6}),
                                   .B = at::randn({rows, 2 * 16}),
                                   .C = at::randn({rows, 2 * 16}),
                                   .A = at::rand({6}).neg(),
                                   .D = at::randn({6}),
                                   .dtBias = at::randn({6}),
                                   .groups = 2,
                                   .dtMin = 0.3,
                                   .dtMax = 2};
    QVERIFY(relativeError(layers::applyChunked(ssd, sequence, 16), layers::apply(ssd, sequence)) < 1e-5);
}

void VariantsTest::stopsWithinALargeLayer()
{
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::duration<double, std::milli>;
    at::manual_seed(7);
    const layers::MambaMixer mixer = largeMixer();
    const at::Tensor residual = at::randn({2048, 2560});
    const at::NoGradGuard noGradients;
    const Removed variants[] = {{}};
    const auto compute = [&](const Run &run) { mixer.addTo(residual, residual, {1, 2048}, variants, run); };
    const auto start = Clock::now();
    compute({});
    const Milliseconds whole = Clock::now() - start;

    std::stop_source source;
    std::atomic<Clock::time_point> stopped;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(whole / 4);
        stopped = Clock::now();
        source.request_stop();
    });
    const Error error = errorOf([&] { compute(Run{.stop = source.get_token()}); });
    const Milliseconds taken = Clock::now() - stopped.load();
    QCOMPARE(error.code, ErrorCode::Cancelled);
    qInfo("stopped after %.0f ms; the whole layer takes %.0f ms", taken.count(), whole.count());
    QVERIFY(taken < std::max(Milliseconds(200), whole / 4)); // a machine at work elsewhere is slower at both
}

void VariantsTest::stopsWithinAGradient()
{
    const auto model = loaded("mamba");
    std::stop_source source;
    const Run run{.stop = source.get_token(), .progress = [&](const Progress &progress) {
                      if (progress.done > model->card().layers)
                          source.request_stop();
                  }};
    const Error error = errorOf([&] { evaluation::gradients(*model, someIds(1, 30), run); });
    QCOMPARE(error.code, ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(VariantsTest)
#include "tst_variants.moc"
