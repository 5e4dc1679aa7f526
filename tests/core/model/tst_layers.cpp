// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <QTest>

#include "core/layers/attention.h"
#include "core/layers/experts.h"
#include "core/layers/native_attention.h"
#include "tests/core/model/model_support.h"

using namespace ecdysis;
using layers::Routing;

namespace {

using Vector = std::vector<double>;

Vector doubles(const at::Tensor &tensor)
{
    const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

double dot(const double *a, const double *b, std::int64_t count)
{
    return std::inner_product(a, a + count, b, 0.0);
}

/// softmax(scale q kᵀ) v, one query and one key at a time, in double precision.
at::Tensor attentionByHand(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, double scale,
                           const layers::Mask &mask)
{
    const auto sizes = q.sizes();
    const std::int64_t batch = sizes[0], heads = sizes[1], time = sizes[2], size = sizes[3];
    const std::int64_t keyHeads = k.size(1), keys = k.size(2), width = v.size(3);
    const Vector qs = doubles(q), ks = doubles(k), vs = doubles(v);
    const at::Tensor out = at::zeros({batch, heads, time, width}, at::kDouble);
    double *result = out.data_ptr<double>();
    for (std::int64_t b = 0; b < batch; ++b)
        for (std::int64_t h = 0; h < heads; ++h)
            for (std::int64_t t = 0; t < time; ++t) {
                const std::int64_t position = keys - time + t;
                const std::int64_t keyRow = (b * keyHeads + h / (heads / keyHeads)) * keys;
                Vector weights(static_cast<std::size_t>(position + 1), 0.0);
                double sum = 0;
                for (std::int64_t j = 0; j <= position; ++j)
                    if (mask.window == 0 || position - j <= mask.window || j < mask.prefix)
                        sum += weights[static_cast<std::size_t>(j)] =
                            std::exp(scale * dot(&qs[static_cast<std::size_t>(((b * heads + h) * time + t) * size)],
                                                 &ks[static_cast<std::size_t>((keyRow + j) * size)], size));
                for (std::int64_t j = 0; j <= position; ++j)
                    for (std::int64_t c = 0; c < width; ++c)
                        result[((b * heads + h) * time + t) * width + c] +=
                            weights[static_cast<std::size_t>(j)] / sum *
                            vs[static_cast<std::size_t>((keyRow + j) * width + c)];
            }
    return out;
}

layers::Mlp randomMlp(std::int64_t channels, std::int64_t inner, bool gated)
{
    layers::Mlp mlp;
    if (gated)
        mlp.gate.weight = at::randn({inner, channels});
    mlp.up.weight = at::randn({inner, channels});
    mlp.down.weight = at::randn({channels, inner});
    mlp.function = gated ? layers::Activation::Silu : layers::Activation::SquaredRelu;
    return mlp;
}

at::Tensor throughMlp(const layers::Mlp &mlp, const at::Tensor &x)
{
    const at::Tensor up = at::mv(mlp.up.weight.to(at::kDouble), x);
    at::Tensor inner = at::relu(up).square();
    if (mlp.gate.weight.defined())
        inner = at::silu(at::mv(mlp.gate.weight.to(at::kDouble), x)) * up;
    return at::mv(mlp.down.weight.to(at::kDouble), inner);
}

/// Indices of the largest, largest first.
std::vector<std::size_t> largest(const Vector &values, std::size_t count)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return values[i]; });
    order.resize(count);
    return order;
}

/// Experts and weights of one token by the formulas, in double precision.
std::vector<std::pair<std::size_t, double>> routeByHand(Vector scores, const Vector &correction,
                                                        const layers::RouterShape &shape)
{
    const auto count = static_cast<std::size_t>(shape.chosen);
    std::vector<std::pair<std::size_t, double>> chosen;
    double sum = 0;
    if (shape.routing == Routing::Sigmoid) {
        Vector gates;
        Vector ranked;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            gates.push_back(1 / (1 + std::exp(-scores[i])));
            ranked.push_back(gates[i] + correction[i]);
        }
        const std::size_t size = scores.size() / static_cast<std::size_t>(shape.groups);
        Vector quality;
        for (std::size_t start = 0; start < ranked.size(); start += size) {
            const Vector group(ranked.begin() + static_cast<std::ptrdiff_t>(start),
                               ranked.begin() + static_cast<std::ptrdiff_t>(start + size));
            const auto best = largest(group, 2);
            quality.push_back(group[best[0]] + group[best[1]]);
        }
        const auto groups = largest(quality, static_cast<std::size_t>(shape.chosenGroups));
        for (std::size_t i = 0; i < ranked.size(); ++i)
            if (std::ranges::count(groups, i / size) == 0)
                ranked[i] = 0;
        for (std::size_t i : largest(ranked, count)) {
            chosen.emplace_back(i, gates[i]);
            sum += gates[i];
        }
        for (auto &[expert, weight] : chosen)
            weight *= shape.scale / (shape.normalised ? sum : 1);
        return chosen;
    }
    for (std::size_t i : largest(scores, count))
        chosen.emplace_back(i, std::exp(scores[i]));
    for (const auto &[expert, weight] : chosen)
        sum += weight;
    if (shape.routing == Routing::SoftmaxOfAll)
        sum = std::accumulate(scores.begin(), scores.end(), 0.0,
                              [](double total, double score) { return total + std::exp(score); });
    for (auto &[expert, weight] : chosen)
        weight /= sum;
    return chosen;
}

/// residual + what the experts give, token by token; the score of expert `gone` is -∞.
at::Tensor throughExperts(const layers::Experts::Parts &parts, const layers::RouterShape &shape,
                          const at::Tensor &residual, const at::Tensor &hidden, std::int64_t gone)
{
    constexpr double never = -std::numeric_limits<double>::infinity();
    const bool latent = parts.toLatent.weight.defined();
    Vector correction = parts.correction.defined() ? doubles(parts.correction) : Vector();
    if (gone < static_cast<std::int64_t>(correction.size()))
        correction[static_cast<std::size_t>(gone)] = never;
    const at::Tensor result = residual.to(at::kDouble);
    for (std::int64_t row = 0; row < hidden.size(0); ++row) {
        const at::Tensor x = hidden[row].to(at::kDouble);
        const at::Tensor input = latent ? at::mv(parts.toLatent.weight.to(at::kDouble), x) : x;
        at::Tensor sum = at::zeros_like(input);
        Vector scores = doubles(at::mv(parts.router.weight.to(at::kDouble), x));
        if (gone < static_cast<std::int64_t>(scores.size()))
            scores[static_cast<std::size_t>(gone)] = never;
        for (const auto &[expert, weight] : routeByHand(scores, correction, shape))
            sum = sum + throughMlp(parts.experts[expert], input) * weight;
        result[row].add_(latent ? at::mv(parts.fromLatent.weight.to(at::kDouble), sum) : sum);
    }
    return result;
}

} // namespace

/// Attention and experts against loops in double precision.
class LayersTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void attention_data();
    void attention();
    void nativeAttention_data();
    void nativeAttention();
    void experts_data();
    void experts();
};

void LayersTest::attention_data()
{
    QTest::addColumn<int>("time");
    QTest::addColumn<int>("keys");
    QTest::addColumn<int>("window");
    QTest::addColumn<int>("prefix");
    QTest::newRow("one token") << 1 << 1 << 0 << 0;
    QTest::newRow("causal") << 37 << 37 << 0 << 0;
    QTest::newRow("blocks of queries") << 700 << 700 << 0 << 0;
    QTest::newRow("later queries") << 5 << 80 << 0 << 0;
    QTest::newRow("window") << 90 << 90 << 12 << 0;
    QTest::newRow("window and prefix") << 90 << 90 << 12 << 8;
    QTest::newRow("window wider than the sequence") << 20 << 20 << 64 << 8;
    QTest::newRow("window over blocks") << 1100 << 1100 << 300 << 40;
    QTest::newRow("step in a window") << 1 << 77 << 12 << 8;
    QTest::newRow("step after a window's end") << 3 << 77 << 12 << 70;
}

void LayersTest::attention()
{
    QFETCH(int, time);
    QFETCH(int, keys);
    QFETCH(int, window);
    QFETCH(int, prefix);
    at::manual_seed(2);
    const at::Tensor q = at::randn({2, 6, time, 8});
    const at::Tensor k = at::randn({2, 3, keys, 8});
    const at::Tensor v = at::randn({2, 3, keys, 12});
    const layers::Mask mask{window, prefix};
    const at::Tensor found = layers::attend(q, k, v, 0.4, mask, {}, {});
    QCOMPARE(found.size(2), std::int64_t{time});
    QVERIFY(relativeError(found, attentionByHand(q, k, v, 0.4, mask)) < 1e-5);
}

void LayersTest::nativeAttention_data()
{
    QTest::addColumn<int>("taps");
    QTest::newRow("no convolution") << 0;
    QTest::newRow("convolution") << 4;
}

void LayersTest::nativeAttention()
{
    QFETCH(int, taps);
    at::manual_seed(4);
    const layers::AttentionShape shape{.channels = 24,
                                       .heads = 4,
                                       .keyHeads = 2,
                                       .headSize = 6,
                                       .bias = true,
                                       .scale = 1 / std::sqrt(6.0),
                                       .rope = {4, 10000}};
    const std::int64_t rows = (4 + 2 * 2) * 6;
    const at::Tensor taken = taps > 0 ? at::randn({rows, 1, taps}) : at::Tensor();
    const at::Tensor bias = taps > 0 ? at::randn({rows}) : at::Tensor();
    const at::Tensor input = at::randn({rows, 24}), inputBias = at::randn({rows});
    const at::Tensor output = at::randn({24, 24}), outputBias = at::randn({24});
    const layers::NativeAttention mixer({{input, inputBias}, taken, bias, {output, outputBias}}, shape);
    const std::int64_t time = 19;
    const at::Tensor residual = at::randn({time, 24}), hidden = at::randn({time, 24});
    const architectures::Removed nothing[1] = {};
    const at::Tensor found = mixer.addTo(residual, hidden, {1, time}, nothing, {}).front();

    // The same in double precision, a value at a time where the layer has an operator.
    at::Tensor projected = at::matmul(hidden.to(at::kDouble), input.to(at::kDouble).t()) + inputBias;
    if (taps > 0) {
        const at::Tensor convolved = at::zeros_like(projected);
        for (std::int64_t t = 0; t < time; ++t)
            for (std::int64_t j = 0; j < taps; ++j)
                if (t - taps + 1 + j >= 0)
                    convolved[t].add_(projected[t - taps + 1 + j] * taken.squeeze(1).select(1, j).to(at::kDouble));
        projected = convolved + bias;
    }
    const auto headsOf = [&](std::int64_t start, std::int64_t count, bool rotate) {
        const at::Tensor heads = projected.narrow(1, start, count * 6).reshape({time, count, 6}).clone();
        for (std::int64_t t = 0; rotate && t < time; ++t)
            for (std::int64_t h = 0; h < count; ++h)
                for (std::int64_t i = 0; i < 2; ++i) {
                    const double angle = static_cast<double>(t) * std::pow(10000.0, -2.0 * static_cast<double>(i) / 4);
                    const double a = heads[t][h][i].item<double>(), b = heads[t][h][i + 2].item<double>();
                    heads[t][h][i].fill_(a * std::cos(angle) - b * std::sin(angle));
                    heads[t][h][i + 2].fill_(b * std::cos(angle) + a * std::sin(angle));
                }
        return heads.permute({1, 0, 2}).unsqueeze(0);
    };
    const at::Tensor read =
        attentionByHand(headsOf(0, 4, true), headsOf(24, 2, true), headsOf(36, 2, false), shape.scale, {});
    const at::Tensor merged = read.squeeze(0).permute({1, 0, 2}).reshape({time, 24});
    const at::Tensor expected = residual + at::matmul(merged, output.to(at::kDouble).t()) + outputBias;
    QVERIFY(relativeError(found, expected) < 1e-5);

    architectures::LayerState state;
    for (std::int64_t t = 0; t < time; ++t)
        QVERIFY(relativeError(mixer.addNext(residual.narrow(0, t, 1), hidden.narrow(0, t, 1), {{1, 1}}, state, {}, {}),
                              expected.narrow(0, t, 1)) < 1e-5);

    architectures::LayerState ofPieces;
    for (const auto &[start, count] : {std::pair{0, 2}, std::pair{2, 11}, std::pair{13, 6}})
        QVERIFY(relativeError(mixer.addNext(residual.narrow(0, start, count), hidden.narrow(0, start, count),
                                            {{1, count}}, ofPieces, {}, {}),
                              expected.narrow(0, start, count)) < 1e-5);
}

void LayersTest::experts_data()
{
    QTest::addColumn<int>("routing");
    QTest::addColumn<int>("groups");
    QTest::addColumn<bool>("normalised");
    QTest::addColumn<int>("latent");
    QTest::newRow("Jamba") << int(Routing::SoftmaxOfAll) << 1 << true << 0;
    QTest::newRow("Granite") << int(Routing::SoftmaxOfChosen) << 1 << true << 0;
    QTest::newRow("Nemotron") << int(Routing::Sigmoid) << 1 << true << 0;
    QTest::newRow("Nemotron, groups") << int(Routing::Sigmoid) << 4 << true << 0;
    QTest::newRow("Nemotron, not normalised") << int(Routing::Sigmoid) << 2 << false << 0;
    QTest::newRow("Nemotron, latent") << int(Routing::Sigmoid) << 1 << true << 7;
}

void LayersTest::experts()
{
    QFETCH(int, routing);
    QFETCH(int, groups);
    QFETCH(bool, normalised);
    QFETCH(int, latent);
    at::manual_seed(6);
    const std::int64_t channels = 10, count = 8, rows = 33;
    const bool sigmoid = routing == int(Routing::Sigmoid);
    const layers::RouterShape shape{.routing = static_cast<Routing>(routing),
                                    .experts = count,
                                    .chosen = 3,
                                    .groups = groups,
                                    .chosenGroups = std::max(1, groups / 2),
                                    .normalised = normalised,
                                    .scale = 1.7};
    layers::Experts::Parts parts;
    parts.router.weight = at::randn({count, channels});
    parts.correction = sigmoid ? at::rand({count}) : at::Tensor();
    const std::int64_t width = latent > 0 ? latent : channels;
    if (latent > 0) {
        parts.toLatent.weight = at::randn({latent, channels});
        parts.fromLatent.weight = at::randn({channels, latent});
    }
    for (std::int64_t i = 0; i < count; ++i)
        parts.experts.push_back(randomMlp(width, 6, !sigmoid));
    const at::Tensor residual = at::randn({rows, channels}), hidden = at::randn({rows, channels});
    const architectures::Removed nothing[1] = {};
    const auto found = [&](const layers::Experts::Parts &of, const layers::RouterShape &router) {
        return layers::Experts(of, router).addTo(residual, hidden, {1, rows}, nothing, {}).front();
    };
    QVERIFY(relativeError(found(parts, shape), throughExperts(parts, shape, residual, hidden, count)) < 1e-5);

    // One that is cut away is one that is never chosen: of score -∞.
    if (groups > 1)
        return;
    constexpr std::int64_t gone = 2;
    layers::Experts::Parts cut = parts;
    const at::Tensor left = at::tensor({0, 1, 3, 4, 5, 6, 7});
    cut.router.weight = parts.router.weight.index_select(0, left);
    if (sigmoid)
        cut.correction = parts.correction.index_select(0, left);
    cut.experts.erase(cut.experts.begin() + gone);
    layers::RouterShape fewer = shape;
    fewer.experts = count - 1;
    QVERIFY(relativeError(found(cut, fewer), throughExperts(parts, shape, residual, hidden, gone)) < 1e-5);
}

QTEST_GUILESS_MAIN(LayersTest)
#include "tst_layers.moc"
