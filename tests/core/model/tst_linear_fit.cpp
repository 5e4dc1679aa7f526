// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <QTest>

#include "core/pruning/linear_fit.h"
#include "core/pruning/projection_repair.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;
using pruning::Affine;
using pruning::LinearFit;

namespace {

constexpr std::int64_t rows = 150, inputs = 12, outputs = 5;

at::Tensor random(std::int64_t one, std::int64_t other)
{
    return at::randn({one, other}, at::kDouble);
}

/// Rows that a linear map fits but for noise, with means away from 0.
struct Example
{
    Example()
    {
        at::manual_seed(4);
        x = random(rows, inputs) + random(1, inputs);
        y = at::mm(x, random(inputs, outputs)) + random(1, outputs) + 0.3 * random(rows, outputs);
        start = random(outputs, inputs);
        bias = random(1, outputs)[0];
        for (std::int64_t from = 0; from < rows; from += 50)
            fit.add(x.narrow(0, from, 50).to(at::kFloat), y.narrow(0, from, 50).to(at::kFloat));
    }

    at::Tensor x, y, start, bias;
    LinearFit fit;
};

/// W of the least squares of x Wᵀ = y by orthogonal factors rather than normal equations.
at::Tensor leastSquares(const at::Tensor &x, const at::Tensor &y)
{
    return std::get<0>(at::linalg_lstsq(x, y)).t();
}

/// The same with further rows that hold W to `start`.
at::Tensor leastSquares(const at::Tensor &x, const at::Tensor &y, const at::Tensor &start, double ridge)
{
    const double weight = std::sqrt(ridge * x.square().sum(0).mean().item<double>());
    const at::Tensor more = weight * at::eye(x.size(1), x.options());
    return leastSquares(at::cat({x, more}), at::cat({y, at::mm(more, start.t())}));
}

/// By a loop over single numbers.
double errorOf(const Example &example, const at::Tensor &weight, const at::Tensor &bias)
{
    double squares = 0, all = 0;
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t out = 0; out < outputs; ++out) {
            const double wanted = example.y[row][out].item<double>();
            const double given = at::dot(example.x[row], weight[out]).item<double>() + bias[out].item<double>();
            squares += (given - wanted) * (given - wanted);
            all += wanted * wanted;
        }
    return squares / all;
}

} // namespace

/// Fits of linear maps against LibTorch's least squares and plain loops.
class LinearFitTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isTheLeastSquares();
    void holdsToTheStart();
    void takesMeansOut();
    void knowsItsError();
    void constantsAreMadeUpForExactly();
    void refusesWhatCannotBeSolved();
};

void LinearFitTest::isTheLeastSquares()
{
    const Example example;
    QVERIFY(relativeError(example.fit.weight(example.start, 0), leastSquares(example.x, example.y)) < 1e-5);
}

void LinearFitTest::holdsToTheStart()
{
    const Example example;
    for (const double ridge : {1e-3, 0.1, 10.0})
        QVERIFY(relativeError(example.fit.weight(example.start, ridge),
                              leastSquares(example.x, example.y, example.start, ridge)) < 1e-5);
    QVERIFY(relativeError(example.fit.weight(example.start, 1e9), example.start) < 1e-5);
    // A bias that stays is taken from what is wanted.
    const Affine corrected = pruning::correctWeight(example.fit, {example.start, example.bias}, 0.1);
    QVERIFY(relativeError(corrected.weight, leastSquares(example.x, example.y - example.bias, example.start, 0.1)) <
            1e-5);
    QVERIFY(at::equal(corrected.bias, example.bias));
}

void LinearFitTest::takesMeansOut()
{
    const Example example;
    const at::Tensor ones = at::ones({rows, 1}, at::kDouble);
    const at::Tensor expected = leastSquares(at::cat({example.x, ones}, 1), example.y);
    const Affine both = pruning::correctBoth(example.fit, {example.start, example.bias}, 0);
    QVERIFY(relativeError(both.weight, expected.narrow(1, 0, inputs)) < 1e-5);
    QVERIFY(relativeError(both.bias, expected.select(1, inputs)) < 1e-5);
    const Affine bias = pruning::correctBias(example.fit, {example.start, example.bias});
    QVERIFY(relativeError(bias.bias, (example.y - at::mm(example.x, example.start.t())).mean(0)) < 1e-5);
    QVERIFY(at::equal(bias.weight, example.start));
}

void LinearFitTest::knowsItsError()
{
    const Example example;
    const double found = example.fit.error(example.start, example.bias);
    QVERIFY(std::abs(found - errorOf(example, example.start, example.bias)) < 1e-5 * found);
}

void LinearFitTest::constantsAreMadeUpForExactly()
{
    // Inputs 8 to 11 are the same in every row: without them, a bias gives what they gave.
    const Example example;
    const at::Tensor constant = random(1, 4).expand({rows, 4});
    const at::Tensor whole = at::cat({example.x.narrow(1, 0, 8), constant}, 1);
    LinearFit fit;
    fit.add(example.x.narrow(1, 0, 8), at::mm(whole, example.start.t()));
    const Affine old{example.start.narrow(1, 0, 8), at::zeros({outputs}, at::kDouble)};
    const Affine corrected = pruning::correctBias(fit, old);
    QVERIFY(relativeError(corrected.bias, at::mv(example.start.narrow(1, 8, 4), constant[0])) < 1e-12);
    QVERIFY(fit.error(old.weight, old.bias) > 1e-2);
    QVERIFY(std::abs(fit.error(corrected.weight, corrected.bias)) < 1e-12);
}

void LinearFitTest::refusesWhatCannotBeSolved()
{
    LinearFit fit;
    fit.add(at::ones({10, 3}), at::ones({10, 2}));
    const at::Tensor start = at::zeros({2, 3});
    QCOMPARE(::errorOf([&] { fit.weight(start, 0); }).code, ErrorCode::InvalidArgument);
    QCOMPARE(::errorOf([&] { fit.weight(start, -1); }).code, ErrorCode::InvalidArgument);
    QVERIFY(std::abs(fit.weight(start, 1e-6).sum().item<double>() - 2) < 1e-4);
}

QTEST_GUILESS_MAIN(LinearFitTest)
#include "tst_linear_fit.moc"
