// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/kernels/half_product.h"

#include <bit>
#include <cmath>
#include <limits>

#include <omp.h>

#include "tests/core/kernels/comparison.h"
#include "tests/core/kernels/random_operands.h"
#include "tests/support/support.h"

using namespace ecdysis::kernels;

namespace {

/// The value of 16 bits, from their sign, exponent and fraction.
double valueOf(std::uint16_t bits, Half type)
{
    const int fractionBits = type == Half::Bfloat16 ? 7 : 10;
    const int exponentBits = 15 - fractionBits;
    const int bias = (1 << (exponentBits - 1)) - 1;
    const int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
    const double fraction = std::ldexp(bits & ((1 << fractionBits) - 1), -fractionBits);
    const double size = exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias);
    return bits >> 15 ? -size : size;
}

struct Sizes
{
    std::int64_t rows, inputs, outputs;
    Half type;

    std::string label() const
    {
        return std::to_string(rows) + " rows of " + std::to_string(inputs) + " to " + std::to_string(outputs) +
               (type == Half::Bfloat16 ? ", bfloat16" : ", float16");
    }
};

const std::vector<Sizes> sizes{{1, 1, 1, Half::Bfloat16},   {1, 67, 5, Half::Bfloat16}, {3, 512, 33, Half::Bfloat16},
                               {8, 200, 7, Half::Bfloat16}, {1, 1, 1, Half::Float16},   {2, 131, 9, Half::Float16},
                               {1, 64, 3, Half::Float16}};

std::vector<std::string> labels()
{
    std::vector<std::string> all;
    for (const Sizes &s : sizes)
        all.push_back(s.label());
    return all;
}

/// Bits of weights about 1, of both signs; now and then a subnormal number.
std::vector<std::uint16_t> randomWeights(std::int64_t count, Half type)
{
    Normal normal(5);
    std::vector<std::uint16_t> weights;
    const int one = type == Half::Bfloat16 ? 0x3F80 : 0x3C00;
    const int fraction = type == Half::Bfloat16 ? 0x80 : 0x400;
    for (const float value : normal(count)) {
        const int within = static_cast<int>(std::abs(value) * 1000) % fraction;
        const int bits = weights.size() % 13 == 12 ? within : one - fraction + within;
        weights.push_back(static_cast<std::uint16_t>(bits | (value < 0 ? 0x8000 : 0)));
    }
    return weights;
}

struct Operands
{
    explicit Operands(const Sizes &s)
        : sizes(s), x(Normal(4)(s.rows * (s.inputs + 3))), weight(randomWeights(s.outputs * (s.inputs + 2), s.type))
    {
    }

    std::vector<float> run() const
    {
        std::vector<float> y(static_cast<std::size_t>(sizes.rows * sizes.outputs),
                             std::numeric_limits<float>::quiet_NaN());
        halfProduct({.rows = sizes.rows,
                     .inputs = sizes.inputs,
                     .outputs = sizes.outputs,
                     .x = x.data(),
                     .xStride = sizes.inputs + 3,
                     .weight = weight.data(),
                     .weightStride = sizes.inputs + 2,
                     .type = sizes.type,
                     .y = y.data(),
                     .yStride = sizes.outputs});
        return y;
    }

    Doubles reference() const
    {
        Doubles y;
        for (std::int64_t row = 0; row < sizes.rows; ++row)
            for (std::int64_t output = 0; output < sizes.outputs; ++output) {
                double sum = 0;
                for (std::int64_t k = 0; k < sizes.inputs; ++k)
                    sum += static_cast<double>(x[static_cast<std::size_t>(row * (sizes.inputs + 3) + k)]) *
                           valueOf(weight[static_cast<std::size_t>(output * (sizes.inputs + 2) + k)], sizes.type);
                y.push_back(sum);
            }
        return y;
    }

    Sizes sizes;
    std::vector<float> x;
    std::vector<std::uint16_t> weight;
};

} // namespace

class TestHalfProduct : public QObject
{
    Q_OBJECT

private slots:
    void matchesLoops_data() { addRows(labels()); }
    void matchesLoops();
    void sameBits_data() { addRows({"one, two and three threads"}); }
    void sameBits();
};

void TestHalfProduct::matchesLoops()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const Operands operands(sizes[static_cast<std::size_t>(index)]);
    VERIFY_CLOSE(operands.run(), operands.reference(), 2e-6);
}

void TestHalfProduct::sameBits()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const Operands operands({2, 131, 19, Half::Bfloat16});
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const std::vector<float> one = operands.run();
    for (const int count : {1, 2, 3}) {
        omp_set_num_threads(count);
        QCOMPARE(operands.run(), one);
    }
    omp_set_num_threads(threads);
}

QTEST_APPLESS_MAIN(TestHalfProduct)
#include "tst_half_product.moc"
