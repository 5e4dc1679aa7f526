// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/kernels/causal_conv.h"

#include <limits>

#include <omp.h>

#include "tests/core/kernels/comparison.h"
#include "tests/core/kernels/kernel_fixture.h"
#include "tests/core/kernels/random_operands.h"
#include "tests/support/support.h"

using namespace ecdysis::kernels;

namespace {

struct ConvSizes
{
    std::int64_t batch, time, channels, taps;
    bool bias;

    std::string label() const
    {
        return "batch " + std::to_string(batch) + ", time " + std::to_string(time) + ", channels " +
               std::to_string(channels) + ", taps " + std::to_string(taps) + (bias ? "" : ", no bias");
    }
};

const std::vector<ConvSizes> sizes{{1, 1, 1, 4, true},     {1, 2, 16, 4, true},    {2, 37, 21, 4, true},
                                   {1, 513, 300, 4, true}, {3, 130, 65, 3, false}, {2, 70, 40, 1, true},
                                   {1, 5, 17, 9, true},    {1, 200, 128, 4, false}};

std::vector<std::string> labels()
{
    std::vector<std::string> all;
    for (const ConvSizes &s : sizes)
        all.push_back(s.label());
    return all;
}

/// Operands in rows wider than the channels.
struct ConvOperands
{
    explicit ConvOperands(const ConvSizes &s) : sizes(s)
    {
        Normal normal(2);
        x = normal(s.batch * s.time * (s.channels + 3));
        weight = normal(s.channels * s.taps, 0.5f);
        bias = normal(s.channels, 0.5f);
        dy = normal(s.batch * s.time * s.channels);
    }

    CausalConv conv() const
    {
        CausalConv conv;
        conv.batch = sizes.batch;
        conv.time = sizes.time;
        conv.channels = sizes.channels;
        conv.taps = sizes.taps;
        conv.x = x.data() + 2;
        conv.xStride = sizes.channels + 3;
        conv.weight = weight.data();
        conv.bias = sizes.bias ? bias.data() : nullptr;
        return conv;
    }

    ConvSizes sizes;
    std::vector<float> x, weight, bias, dy;
};

/// y and gradients of Σ y dy, by plain loops.
struct ConvReference
{
    explicit ConvReference(const CausalConv &v, const float *dy)
        : y(at(v.batch * v.time * v.channels)), x(y.size()), weight(at(v.channels * v.taps)), bias(at(v.channels))
    {
        for (std::int64_t b = 0; b < v.batch; ++b)
            for (std::int64_t t = 0; t < v.time; ++t)
                for (std::int64_t c = 0; c < v.channels; ++c)
                    addOne(v, dy, b, t, c);
    }

    Doubles y, x, weight, bias;

private:
    static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

    void addOne(const CausalConv &v, const float *dy, std::int64_t b, std::int64_t t, std::int64_t c)
    {
        const auto source = [&](std::int64_t j) { return t - v.taps + 1 + j; };
        double s = v.bias ? static_cast<double>(v.bias[c]) : 0.0;
        for (std::int64_t j = 0; j < v.taps; ++j)
            if (source(j) >= 0)
                s += static_cast<double>(v.weight[c * v.taps + j]) *
                     static_cast<double>(v.x[(b * v.time + source(j)) * v.xStride + c]);
        const double gate = 1 / (1 + std::exp(-s));
        const std::int64_t place = (b * v.time + t) * v.channels + c;
        y[at(place)] = s * gate;
        const double ds = static_cast<double>(dy[place]) * gate * (1 + s * (1 - gate));
        bias[at(c)] += ds;
        for (std::int64_t j = 0; j < v.taps; ++j)
            if (source(j) >= 0) {
                const std::int64_t row = b * v.time + source(j);
                x[at(row * v.channels + c)] += ds * static_cast<double>(v.weight[c * v.taps + j]);
                weight[at(c * v.taps + j)] += ds * static_cast<double>(v.x[row * v.xStride + c]);
            }
    }
};

struct ConvResult
{
    explicit ConvResult(const ConvOperands &o)
        : y(o.dy.size(), std::numeric_limits<float>::quiet_NaN()), x(y), weight(o.weight.size()), bias(o.bias.size())
    {
        causalConv(o.conv(), y.data());
        causalConvBackward(o.conv(), o.dy.data(), x.data(), weight.data(), o.sizes.bias ? bias.data() : nullptr);
    }

    std::vector<float> y, x, weight, bias;
    bool operator==(const ConvResult &) const = default;
};

} // namespace

class TestCausalConv : public QObject
{
    Q_OBJECT

private slots:
    void referenceMatchesDifferences();
    void matchesLoops_data() { addRows(labels()); }
    void matchesLoops();
    void sameBits_data() { addRows({"one, two and three threads"}); }
    void sameBits();
    void referenceKernel_data() { addRows({"published case"}); }
    void referenceKernel();
};

void TestCausalConv::referenceMatchesDifferences()
{
    ConvOperands o({1, 6, 2, 3, true});
    const ConvReference start(o.conv(), o.dy.data());
    const auto loss = [&] {
        const ConvReference moved(o.conv(), o.dy.data());
        double sum = 0;
        for (std::size_t i = 0; i < moved.y.size(); ++i)
            sum += moved.y[i] * static_cast<double>(o.dy[i]);
        return sum;
    };
    const auto slope = [&](float &value) {
        const float kept = value;
        value = kept + 0.01f;
        const double high = static_cast<double>(value);
        const double above = loss();
        value = kept - 0.01f;
        const double low = static_cast<double>(value);
        const double below = loss();
        value = kept;
        return (above - below) / (high - low);
    };
    for (std::size_t i = 0; i < 12; ++i)
        QVERIFY(std::abs(slope(o.x[i / 2 * 5 + 2 + i % 2]) - start.x[i]) < 2e-4);
    for (std::size_t i = 0; i < 6; ++i)
        QVERIFY(std::abs(slope(o.weight[i]) - start.weight[i]) < 5e-4);
    for (std::size_t i = 0; i < 2; ++i)
        QVERIFY(std::abs(slope(o.bias[i]) - start.bias[i]) < 5e-4);
}

void TestCausalConv::matchesLoops()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const ConvOperands o(sizes[static_cast<std::size_t>(index)]);
    const ConvReference expected(o.conv(), o.dy.data());
    const ConvResult actual(o);
    VERIFY_CLOSE(actual.y, expected.y, 1e-6);
    VERIFY_CLOSE(actual.x, expected.x, 1e-6);
    VERIFY_CLOSE(actual.weight, expected.weight, 2e-6);
    if (o.sizes.bias)
        VERIFY_CLOSE(actual.bias, expected.bias, 2e-6);
}

void TestCausalConv::sameBits()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const ConvOperands o({2, 150, 300, 4, true});
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const ConvResult one(o);
    for (const int count : {1, 2, 3}) {
        omp_set_num_threads(count);
        QVERIFY(ConvResult(o) == one);
    }
    omp_set_num_threads(threads);
}

void TestCausalConv::referenceKernel()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const auto path = sharedData("fixtures/kernels/mamba_reference_cases.json");
    SKIP_WITHOUT(path);
    const nlohmann::json c = readFixture(path)["dw_causal_conv"]["channels_first_silu"];
    const std::vector<float> x = timeFirst(numbers(c["inputs"]["x"]), 2, 8, 5);
    const std::vector<float> weight = numbers(c["inputs"]["weight"]);
    const std::vector<float> bias = numbers(c["inputs"]["bias"]);
    const CausalConv conv{2, 5, 8, 4, x.data(), 8, weight.data(), bias.data()};
    std::vector<float> y(x.size());
    causalConv(conv, y.data());
    const std::vector<float> expected = timeFirst(numbers(c["outputs"]["y"]), 2, 8, 5);
    VERIFY_CLOSE(y, Doubles(expected.begin(), expected.end()), 1e-6);
}

QTEST_APPLESS_MAIN(TestCausalConv)
#include "tst_causal_conv.moc"
