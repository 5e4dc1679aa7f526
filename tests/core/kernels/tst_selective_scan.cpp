// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/kernels/selective_scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <omp.h>

#include "tests/core/kernels/kernel_fixture.h"
#include "tests/core/kernels/scan_reference.h"
#include "tests/support/support.h"

using namespace ecdysis::kernels;

namespace {

const std::vector<ScanSizes> sizes{{1, 1, 1, 1},           {1, 1, 16, 16},  {2, 37, 21, 16},
                                   {1, 513, 48, 16},       {3, 130, 7, 5},  {2, 65, 40, 31},
                                   {1, 64, 130, 8, false}, {2, 17, 33, 64}, {1, 100, 20, 16, true, 400.0f}};

std::vector<std::string> labels()
{
    std::vector<std::string> all;
    for (const ScanSizes &s : sizes)
        all.push_back(s.label());
    return all;
}

/// Results of the kernel with y between two guards that must not change.
struct ScanResult
{
    explicit ScanResult(const ScanOperands &o)
        : checkpoints(static_cast<std::size_t>(checkpointSize(o.scan())), std::numeric_limits<float>::quiet_NaN()),
          y(o.dy.size())
    {
        selectiveScan(o.scan(), y.data(), checkpoints.data());
    }

    std::vector<float> checkpoints;
    std::vector<float> y;
};

struct ScanGradientsResult
{
    explicit ScanGradientsResult(const ScanOperands &o)
    {
        const SelectiveScan s = o.scan();
        const auto unset = [](std::int64_t count) {
            return std::vector<float>(static_cast<std::size_t>(count), std::numeric_limits<float>::quiet_NaN());
        };
        const std::int64_t rows = s.batch * s.time;
        x = dt = z = unset(rows * s.channels);
        B = C = unset(rows * s.states);
        A = unset(s.channels * s.states);
        D = dtBias = unset(s.channels);
        SelectiveScanGradients g{x.data(), dt.data(), z.data(), B.data(), C.data(), A.data(), D.data(), dtBias.data()};
        if (!o.sizes.optional)
            g.z = g.D = g.dtBias = nullptr;
        const ScanResult forward(o);
        selectiveScanBackward(s, o.dy.data(), forward.checkpoints.data(), g);
    }

    std::vector<float> x, dt, z, B, C, A, D, dtBias;
    bool operator==(const ScanGradientsResult &) const = default;
};

double loss(const ScanOperands &o)
{
    const Doubles y = reference::scan(o.scan(), o.dy.data()).y;
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
        sum += y[i] * static_cast<double>(o.dy[i]);
    return sum;
}

/// Derivative by a parameter of the operands, by a central difference as wide as float allows.
double difference(const ScanOperands &o, std::vector<float> ScanOperands::*operand, std::size_t index)
{
    ScanOperands moved = o;
    float &value = (moved.*operand)[index];
    const float start = value;
    value = start + 0.01f;
    const double high = static_cast<double>(value);
    const double above = loss(moved);
    value = start - 0.01f;
    const double low = static_cast<double>(value);
    return (above - loss(moved)) / (high - low);
}

/// A case of the reference kernels whose B and C are given for each channel and all times, (channels, states).
struct ChannelwiseCase
{
    explicit ChannelwiseCase(const nlohmann::json &c)
    {
        const nlohmann::json &in = c.at("inputs");
        A = numbers(in.at("A"));
        B = numbers(in.at("B"));
        C = numbers(in.at("C"));
        D = numbers(in.at("D"));
        bias = numbers(in.contains("delta_bias") ? in.at("delta_bias") : in.at("dt_bias"));
        channels = D.size();
        states = A.size() / channels;
        u = numbers(in.at("u"));
        dt = numbers(in.at("delta"));
        z = numbers(in.at("z"));
    }

    /// One channel of one batch row with rows of B and C for every token.
    SelectiveScan scan(std::size_t batch, std::size_t time, std::size_t c)
    {
        rowsB.clear();
        rowsC.clear();
        for (std::size_t t = 0; t < time; ++t)
            for (std::size_t n = 0; n < states; ++n) {
                rowsB.push_back(B[c * states + n]);
                rowsC.push_back(C[c * states + n]);
            }
        const std::size_t place = (batch * channels + c) * time;
        SelectiveScan s;
        s.time = static_cast<std::int64_t>(time);
        s.channels = 1;
        s.states = static_cast<std::int64_t>(states);
        s.x = u.data() + place;
        s.dt = dt.data() + place;
        s.z = z.data() + place;
        s.xStride = s.dtStride = s.zStride = 1;
        s.B = rowsB.data();
        s.C = rowsC.data();
        s.bcStride = s.states;
        s.A = A.data() + c * states;
        s.D = D.data() + c;
        s.dtBias = bias.data() + c;
        return s;
    }

    std::vector<float> A, B, C, D, bias, u, dt, z, rowsB, rowsC;
    std::size_t channels = 0;
    std::size_t states = 0;
};

} // namespace

class TestSelectiveScan : public QObject
{
    Q_OBJECT

private slots:
    void referenceMatchesDifferences();
    void forward_data() { addRows(labels()); }
    void forward();
    void pieces_data() { addRows(labels()); }
    void pieces();
    void backward_data() { addRows(labels()); }
    void backward();
    void sameBits_data() { addRows({"one, two and three threads"}); }
    void sameBits();
    void atScale_data() { addRows({"time 2048, channels 96, states 16"}); }
    void atScale();
    void softplusThreshold_data() { addRows({"steps 15 to 90"}); }
    void softplusThreshold();
    void keepsNaN_data() { addRows({"dt"}); }
    void keepsNaN();
    void referenceKernels_data() { addRows({"published cases"}); }
    void referenceKernels();
};

/// The reverse loop that the kernels are held against is itself right.
void TestSelectiveScan::referenceMatchesDifferences()
{
    const ScanOperands o({1, 3, 2, 2});
    const SelectiveScan s = o.scan();
    const ScanReference r = reference::scan(s, o.dy.data());
    const auto close = [](double a, double b) { return std::abs(a - b) <= 2e-4 * std::max(1.0, std::abs(b)); };
    for (std::size_t t = 0; t < 3; ++t)
        for (std::size_t c = 0; c < 2; ++c) {
            const auto stride = static_cast<std::size_t>(s.xStride);
            QVERIFY(close(difference(o, &ScanOperands::xz, t * stride + 1 + c), r.x[t * 2 + c]));
            QVERIFY(close(difference(o, &ScanOperands::xz, t * stride + 4 + c), r.z[t * 2 + c]));
            QVERIFY(close(difference(o, &ScanOperands::dt, t * 3 + c), r.dt[t * 2 + c]));
            const auto wide = static_cast<std::size_t>(s.bcStride);
            QVERIFY(close(difference(o, &ScanOperands::bc, t * wide + 3 + c), r.B[t * 2 + c]));
            QVERIFY(close(difference(o, &ScanOperands::bc, t * wide + 5 + c), r.C[t * 2 + c]));
        }
    for (std::size_t i = 0; i < 4; ++i)
        QVERIFY(close(difference(o, &ScanOperands::A, i), r.A[i]));
    for (std::size_t c = 0; c < 2; ++c) {
        QVERIFY(close(difference(o, &ScanOperands::D, c), r.D[c]));
        QVERIFY(close(difference(o, &ScanOperands::dtBias, c), r.dtBias[c]));
    }
}

void TestSelectiveScan::forward()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const ScanOperands o(sizes[static_cast<std::size_t>(index)]);
    const ScanReference expected = reference::scan(o.scan(), o.dy.data());
    const ScanResult checkpointed(o);
    VERIFY_CLOSE(checkpointed.y, expected.y, 2e-6);

    const float guard = 12345.0f;
    std::vector<float> guarded(o.dy.size() + 32, guard);
    selectiveScan(o.scan(), guarded.data() + 16);
    QVERIFY2(std::equal(checkpointed.y.begin(), checkpointed.y.end(), guarded.begin() + 16),
             "checkpoints change the result");
    QVERIFY(std::count(guarded.begin(), guarded.begin() + 16, guard) == 16);
    QVERIFY(std::count(guarded.end() - 16, guarded.end(), guard) == 16);
}

/// Rows that begin with states and end before the others.
void TestSelectiveScan::pieces()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const ScanOperands o(sizes[static_cast<std::size_t>(index)]);
    const std::vector<float> entering = Normal(9)(o.sizes.batch * o.sizes.channels * o.sizes.states);
    SelectiveScan s = o.scan();
    s.entering = entering.data();
    for (const std::int64_t shorter : {0, 1, 33, 1000}) {
        std::vector<std::int64_t> lengths;
        for (std::int64_t row = 0; row < s.batch; ++row)
            lengths.push_back(std::max<std::int64_t>(0, s.time - row - shorter));
        s.lengths = shorter == 0 && s.batch == 1 ? nullptr : lengths.data();
        const ScanReference expected = reference::scan(s, o.dy.data());
        std::vector<float> y(o.dy.size());
        std::vector<float> leaving(entering.size(), std::numeric_limits<float>::quiet_NaN());
        selectiveScan(s, y.data(), nullptr, leaving.data());
        VERIFY_CLOSE(y, expected.y, 2e-6);
        VERIFY_CLOSE(leaving, expected.leaving, 2e-5); // errors of decays add up over hundreds of tokens
    }
}

void TestSelectiveScan::backward()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const ScanOperands o(sizes[static_cast<std::size_t>(index)]);
    const ScanReference expected = reference::scan(o.scan(), o.dy.data());
    const ScanGradientsResult actual(o);
    VERIFY_CLOSE(actual.x, expected.x, 5e-6);
    VERIFY_CLOSE(actual.dt, expected.dt, 5e-6);
    VERIFY_CLOSE(actual.B, expected.B, 5e-6);
    VERIFY_CLOSE(actual.C, expected.C, 5e-6);
    VERIFY_CLOSE(actual.A, expected.A, 5e-6);
    if (o.sizes.optional) {
        VERIFY_CLOSE(actual.z, expected.z, 5e-6);
        VERIFY_CLOSE(actual.D, expected.D, 5e-6);
        VERIFY_CLOSE(actual.dtBias, expected.dtBias, 5e-6);
    }
}

void TestSelectiveScan::sameBits()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const ScanOperands o({2, 50, 300, 16});
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const ScanResult y(o);
    const ScanGradientsResult gradients(o);
    for (const int count : {1, 2, 3}) {
        omp_set_num_threads(count);
        QCOMPARE(ScanResult(o).y, y.y);
        QVERIFY(ScanGradientsResult(o) == gradients);
    }
    omp_set_num_threads(threads);
}

void TestSelectiveScan::atScale()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const ScanOperands o({1, 2048, 96, 16});
    const ScanReference expected = reference::scan(o.scan(), o.dy.data());
    const ScanResult result(o);
    qInfo("error of the scan: %.2g of max |y|", relativeError(result.y, expected.y));
    VERIFY_CLOSE(result.y, expected.y, 2e-6);
    const ScanGradientsResult gradients(o);
    qInfo("errors of gradients: x %.2g, dt %.2g, A %.2g, B %.2g, C %.2g", relativeError(gradients.x, expected.x),
          relativeError(gradients.dt, expected.dt), relativeError(gradients.A, expected.A),
          relativeError(gradients.B, expected.B), relativeError(gradients.C, expected.C));
    VERIFY_CLOSE(gradients.x, expected.x, 1e-5);
    VERIFY_CLOSE(gradients.A, expected.A, 1e-5);
    VERIFY_CLOSE(gradients.B, expected.B, 1e-5);
}

/// Steps around and far above 20, where softplus is the identity.
void TestSelectiveScan::softplusThreshold()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    ScanOperands o({1, 76, 16, 4, false});
    const SelectiveScan s = o.scan();
    for (std::int64_t t = 0; t < s.time; ++t)
        std::fill_n(o.dt.begin() + t * s.dtStride, s.channels, 15.0f + static_cast<float>(t));
    std::fill(o.A.begin(), o.A.end(), -0.01f);
    VERIFY_CLOSE(ScanResult(o).y, reference::scan(o.scan(), o.dy.data()).y, 2e-6);
}

/// A broken operand is seen in the result rather than hidden by a limit.
void TestSelectiveScan::keepsNaN()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    ScanOperands o({1, 8, 16, 16});
    o.dt[3] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> y = ScanResult(o).y;
    for (std::size_t t = 0; t < 8; ++t)
        for (std::size_t c = 0; c < 16; ++c)
            QCOMPARE(std::isnan(y[t * 16 + c]), c == 3);
}

void TestSelectiveScan::referenceKernels()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const auto folder = sharedData("fixtures/kernels");
    SKIP_WITHOUT(folder);
    const nlohmann::json full = readFixture(folder / "mamba_reference_cases.json")["selective_scan"]["full"];
    const nlohmann::json single = readFixture(folder / "selective_scan_case1.json");
    const nlohmann::json shared = readFixture(folder / "selective_scan_reference.json")[0];
    const std::vector<std::pair<nlohmann::json, std::vector<float>>> cases{
        {full, numbers(full["outputs"]["y"])},
        {single, numbers(single["outputs"]["out"])},
        {shared, numbers(shared["outputs"]["y"])},
    };
    const std::vector<std::size_t> times{5, 4, 5};
    for (std::size_t i = 0; i < cases.size(); ++i) {
        ChannelwiseCase c(cases[i].first);
        std::vector<float> y(c.u.size());
        for (std::size_t row = 0; row < c.u.size() / times[i]; ++row)
            selectiveScan(c.scan(row / c.channels, times[i], row % c.channels), y.data() + row * times[i]);
        VERIFY_CLOSE(y, Doubles(cases[i].second.begin(), cases[i].second.end()), 5e-6);
    }
}

QTEST_APPLESS_MAIN(TestSelectiveScan)
#include "tst_selective_scan.moc"
