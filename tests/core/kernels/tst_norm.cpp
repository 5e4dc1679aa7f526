// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/kernels/norm.h"

#include <limits>

#include <omp.h>

#include "tests/core/kernels/comparison.h"
#include "tests/core/kernels/kernel_fixture.h"
#include "tests/core/kernels/random_operands.h"
#include "tests/support/support.h"

using namespace ecdysis;

namespace {

const std::vector<std::int64_t> columnCounts{1, 7, 16, 66, 768, 5121};

std::vector<std::string> columnLabels()
{
    std::vector<std::string> all;
    for (const std::int64_t columns : columnCounts)
        all.push_back(std::to_string(columns) + " columns");
    return all;
}

/// RMSNorm of groups of consecutive columns by plain loops, in place.
void normalise(Doubles &u, const std::vector<float> &weight, double epsilon, std::size_t columns, std::size_t group)
{
    for (std::size_t start = 0; start < u.size(); start += group) {
        double squares = 0;
        for (std::size_t i = 0; i < group; ++i)
            squares += u[start + i] * u[start + i];
        const double scale = 1 / std::sqrt(squares / static_cast<double>(group) + epsilon);
        for (std::size_t i = 0; i < group; ++i)
            u[start + i] *= scale * static_cast<double>(weight[(start + i) % columns]);
    }
}

/// x silu(gate) where rows of the gate are `stride` apart.
Doubles gated(const std::vector<float> &x, const float *gate, std::size_t stride, std::size_t columns)
{
    Doubles u(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double z = static_cast<double>(gate[i / columns * stride + i % columns]);
        u[i] = static_cast<double>(x[i]) * z / (1 + std::exp(-z));
    }
    return u;
}

/// Rows of x, a gate in wider rows, and weights.
struct NormOperands
{
    NormOperands(std::int64_t rowCount, std::int64_t columnCount) : rows(rowCount), columns(columnCount)
    {
        Normal normal(4);
        x = normal(rows * columns, 3.0f, 1.0f);
        gate = normal(rows * (columns + 5), 4.0f);
        weight = normal(columns, 0.3f, 1.0f);
    }

    std::size_t width() const { return static_cast<std::size_t>(columns); }

    std::int64_t rows;
    std::int64_t columns;
    std::vector<float> x, gate, weight;
};

double crossEntropyOf(const float *logits, std::int64_t classes, std::int64_t target)
{
    const double largest = static_cast<double>(*std::max_element(logits, logits + classes));
    double sum = 0;
    for (std::int64_t i = 0; i < classes; ++i)
        sum += std::exp(static_cast<double>(logits[i]) - largest);
    return std::log(sum) + largest - static_cast<double>(logits[target]);
}

} // namespace

class TestNorm : public QObject
{
    Q_OBJECT

private slots:
    void rms_data() { addRows(columnLabels()); }
    void rms();
    void gatedRms_data() { addRows({"1 group", "2 groups", "3 groups of 23"}); }
    void gatedRms();
    void gate_data() { addRows(columnLabels()); }
    void gate();
    void crossEntropy_data() { addRows({"1 class", "2 classes", "37 classes", "50280 classes"}); }
    void crossEntropy();
    void crossEntropyExtremes_data() { addRows({"huge, masked and growing logits"}); }
    void crossEntropyExtremes();
    void sameBits_data() { addRows({"one, two and three threads"}); }
    void sameBits();
    void referenceKernels_data() { addRows({"published cases"}); }
    void referenceKernels();
};

void TestNorm::rms()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const NormOperands o(5, columnCounts[static_cast<std::size_t>(index)]);
    std::vector<float> y(o.x.size() + 8, 77.0f);
    kernels::rmsNorm(o.x.data(), o.weight.data(), 1e-5f, o.rows, o.columns, y.data());
    QVERIFY(std::count(y.end() - 8, y.end(), 77.0f) == 8);
    y.resize(o.x.size());
    Doubles expected(o.x.begin(), o.x.end());
    normalise(expected, o.weight, 1e-5, o.width(), o.width());
    VERIFY_CLOSE(y, expected, 3e-7);
}

void TestNorm::gatedRms()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const std::int64_t group = std::vector<std::int64_t>{128, 64, 23}[static_cast<std::size_t>(index)];
    const NormOperands o(7, group * (index + 1));
    std::vector<float> y(o.x.size());
    kernels::gatedRmsNorm(o.x.data(), o.gate.data() + 1, o.columns + 5, o.weight.data(), 1e-5f, o.rows, o.columns,
                          group, y.data());
    Doubles expected = gated(o.x, o.gate.data() + 1, o.width() + 5, o.width());
    normalise(expected, o.weight, 1e-5, o.width(), static_cast<std::size_t>(group));
    VERIFY_CLOSE(y, expected, 5e-7);
}

void TestNorm::gate()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    NormOperands o(3, columnCounts[static_cast<std::size_t>(index)]);
    o.gate[1] = 95.0f;
    o.gate[2] = -95.0f;
    std::vector<float> y(o.x.size());
    kernels::gate(o.x.data(), o.gate.data() + 1, o.columns + 5, o.rows, o.columns, y.data());
    VERIFY_CLOSE(y, gated(o.x, o.gate.data() + 1, o.width() + 5, o.width()), 3e-7);
}

void TestNorm::crossEntropy()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const std::int64_t classes = std::vector<std::int64_t>{1, 2, 37, 50280}[static_cast<std::size_t>(index)];
    Normal normal(5);
    const std::vector<float> logits = normal(4 * classes, 5.0f, -3.0f);
    const std::vector<std::int64_t> targets{0, classes - 1, classes / 2, classes / 3};
    std::vector<double> losses(4);
    kernels::crossEntropy(logits.data(), targets.data(), 4, classes, losses.data());
    for (std::size_t row = 0; row < 4; ++row) {
        const float *values = logits.data() + static_cast<std::int64_t>(row) * classes;
        const double expected = crossEntropyOf(values, classes, targets[row]);
        QVERIFY2(std::abs(losses[row] - expected) <= 1e-6, qPrintable(QString::number(losses[row] - expected)));
    }
}

void TestNorm::crossEntropyExtremes()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> logits(3 * 5000, -infinity); // the first row: only two classes are possible
    logits[17] = 3e4f;
    logits[4000] = 3e4f;
    for (std::size_t i = 0; i < 5000; ++i) {
        logits[5000 + i] = static_cast<float>(i) * 0.5f; // the maximum grows all the way
        logits[10000 + i] = i == 4321 ? std::numeric_limits<float>::quiet_NaN() : 1.0f;
    }
    const std::vector<std::int64_t> targets{4000, 4999, 0};
    std::vector<double> losses(3);
    kernels::crossEntropy(logits.data(), targets.data(), 3, 5000, losses.data());
    QVERIFY(std::abs(losses[0] - std::log(2.0)) < 1e-7);
    QVERIFY(std::abs(losses[1] - crossEntropyOf(logits.data() + 5000, 5000, 4999)) < 1e-6);
    QVERIFY(std::isnan(losses[2]));
}

void TestNorm::sameBits()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const NormOperands o(31, 130);
    const std::vector<std::int64_t> targets(31, 3);
    const auto run = [&] {
        std::vector<float> y(o.x.size());
        std::vector<double> losses(31);
        kernels::gatedRmsNorm(o.x.data(), o.gate.data(), o.columns + 5, o.weight.data(), 1e-5f, o.rows, o.columns, 65,
                              y.data());
        kernels::crossEntropy(o.x.data(), targets.data(), o.rows, o.columns, losses.data());
        return std::pair(y, losses);
    };
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = run();
    for (const int count : {1, 2, 3}) {
        omp_set_num_threads(count);
        QVERIFY(run() == one);
    }
    omp_set_num_threads(threads);
}

void TestNorm::referenceKernels()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const auto path = sharedData("fixtures/kernels/mamba_reference_cases.json");
    SKIP_WITHOUT(path);
    const nlohmann::json cases = readFixture(path)["layer_norms"];
    const nlohmann::json &in = cases["gated_rms_norm"]["inputs"];
    const std::vector<float> x = numbers(in["x"]);
    const std::vector<float> z = numbers(in["z"]);
    const std::vector<float> w = numbers(in["w"]);
    const std::vector<float> b = numbers(in["b"]);
    std::vector<float> y(x.size());
    kernels::gatedRmsNorm(x.data(), z.data(), 6, w.data(), 1e-6f, 8, 6, 6, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] += b[i % 6];
    std::vector<float> expected = numbers(cases["gated_rms_norm"]["outputs"]["y_norm_after"]);
    VERIFY_CLOSE(y, Doubles(expected.begin(), expected.end()), 1e-6);

    const nlohmann::json &plain = cases["rms_norm"];
    kernels::rmsNorm(numbers(plain["inputs"]["x"]).data(), numbers(plain["inputs"]["w"]).data(), 1e-6f, 8, 6, y.data());
    expected = numbers(plain["outputs"]["y"]);
    VERIFY_CLOSE(y, Doubles(expected.begin(), expected.end()), 1e-6);
}

QTEST_APPLESS_MAIN(TestNorm)
#include "tst_norm.moc"
