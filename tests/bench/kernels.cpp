// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <chrono>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <omp.h>

#include "core/huge_pages.h"
#include "core/kernels/causal_conv.h"
#include "core/kernels/norm.h"
#include "core/kernels/selective_scan.h"
#include "core/layers/linear.h"
#include "tests/bench/counters.h"
#include "tests/bench/limits/multiply_adds.h"

/// \file
/// Kernels at the shapes of one layer of mamba-130m, 2048 tokens, two threads, beside what one would do
/// without them: the same mathematics by LibTorch operators, a step at a time where it is a recurrence.
///   each       time per token · channel · state
///   bandwidth  bytes of operands and results, each counted once, over the time; to be held against "copy"
///   faster     how many times, against the loop of operators in the same iterations

namespace {

constexpr std::int64_t tokens = 2048;
constexpr std::int64_t channels = 1536;
constexpr std::int64_t states = 16;
constexpr std::int64_t hidden = 768;
constexpr std::int64_t taps = 4;

/// Operands as a layer has them: x and z are the halves of a projection.
struct Layer
{
    at::Tensor xz = at::randn({tokens, 2 * channels});
    at::Tensor x = at::silu(at::randn({tokens, channels}));
    at::Tensor dt = at::randn({tokens, channels});
    at::Tensor z = xz.slice(1, channels);
    at::Tensor bc = at::randn({tokens, 2 * states});
    at::Tensor A = at::arange(1, states + 1).to(at::kFloat).neg().repeat({channels, 1}).contiguous();
    at::Tensor D = at::ones({channels});
    at::Tensor dtBias = at::randn({channels}).sub(4.6).exp().expm1().log();
    at::Tensor dy = at::randn({tokens, channels});
    at::Tensor y = at::zeros({tokens, channels});

    ecdysis::kernels::SelectiveScan scan() const
    {
        ecdysis::kernels::SelectiveScan scan;
        scan.time = tokens;
        scan.channels = channels;
        scan.states = states;
        scan.x = x.data_ptr<float>();
        scan.xStride = channels;
        scan.dt = dt.data_ptr<float>();
        scan.dtStride = channels;
        scan.z = z.data_ptr<float>();
        scan.zStride = 2 * channels;
        scan.B = bc.data_ptr<float>();
        scan.C = scan.B + states;
        scan.bcStride = 2 * states;
        scan.A = A.data_ptr<float>();
        scan.D = D.data_ptr<float>();
        scan.dtBias = dtBias.data_ptr<float>();
        return scan;
    }
};

const Layer &layer()
{
    static const Layer layer = [] {
        at::manual_seed(1);
        return Layer();
    }();
    return layer;
}

/// Reports the rate at which `floats` of one iteration move.
void reportBandwidth(benchmark::State &state, std::int64_t floats)
{
    state.counters["bandwidth"] = benchmark::Counter(static_cast<double>(floats) * 4, rate);
}

constexpr double updates = static_cast<double>(tokens * channels * states);

void copy(benchmark::State &state)
{
    const at::Tensor from = at::zeros({64 << 20});
    at::Tensor to = at::zeros({64 << 20});
    for (auto _ : state)
        to.copy_(from);
    reportBandwidth(state, 2 * from.numel());
}

/// Floating-point operations a second of all vector units: two for each multiply-add.
void arithmetic(benchmark::State &state)
{
    std::int64_t done = 0;
    for (auto _ : state)
        done += multiplyAdds(1000000);
    state.counters["flops"] = benchmark::Counter(2 * static_cast<double>(done), benchmark::Counter::kIsRate);
}

/// The rate of a layer's matrix product: what this machine's arithmetic gives, to compare machines by.
void gemm(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const at::Tensor x = at::randn({tokens, hidden}), weight = at::randn({2 * channels, hidden});
    at::Tensor y = at::empty({tokens, 2 * channels});
    for (auto _ : state)
        at::mm_out(y, x, weight.t());
    state.counters["flops"] = benchmark::Counter(static_cast<double>(2 * tokens * hidden * 2 * channels), rate);
}

void scanForward(benchmark::State &state)
{
    const auto scan = layer().scan();
    for (auto _ : state)
        ecdysis::kernels::selectiveScan(scan, layer().y.data_ptr<float>());
    reportEach(state, updates);
    // Exponential 8, recurrence 4, sum over states 2 floating-point operations.
    state.counters["flops"] = benchmark::Counter(updates * 14, rate);
}

void scanForwardBackward(benchmark::State &state)
{
    const Layer &l = layer();
    const auto scan = l.scan();
    // Once for all repetitions: the first use of memory costs more than the kernel.
    static const at::Tensor checkpoints = at::zeros({ecdysis::kernels::checkpointSize(scan)});
    static const auto x = at::zeros_like(l.x), dt = at::zeros_like(l.dt), z = at::zeros_like(l.x);
    static const auto B = at::zeros({tokens, states}), C = at::zeros({tokens, states});
    static const auto A = at::zeros_like(l.A), D = at::zeros_like(l.D), dtBias = at::zeros_like(l.dtBias);
    const ecdysis::kernels::SelectiveScanGradients gradients{
        x.data_ptr<float>(), dt.data_ptr<float>(), z.data_ptr<float>(), B.data_ptr<float>(),
        C.data_ptr<float>(), A.data_ptr<float>(),  D.data_ptr<float>(), dtBias.data_ptr<float>()};
    for (auto _ : state) {
        ecdysis::kernels::selectiveScan(scan, l.y.data_ptr<float>(), checkpoints.data_ptr<float>());
        ecdysis::kernels::selectiveScanBackward(scan, l.dy.data_ptr<float>(), checkpoints.data_ptr<float>(), gradients);
    }
    reportEach(state, updates);
}

/// The scan as a loop over time of LibTorch operators, with what can be computed for all times at once taken out of it,
/// over `length` tokens.
at::Tensor operatorScan(const Layer &l, std::int64_t length)
{
    const at::Tensor x = l.x.narrow(0, 0, length);
    const at::Tensor dt = at::softplus(l.dt.narrow(0, 0, length) + l.dtBias);
    const at::Tensor B = l.bc.narrow(0, 0, length).narrow(1, 0, states);
    const at::Tensor C = l.bc.narrow(0, 0, length).narrow(1, states, states);
    const at::Tensor dtx = dt * x;
    at::Tensor h = at::zeros({channels, states});
    std::vector<at::Tensor> y;
    for (std::int64_t t = 0; t < length; ++t) {
        h = at::exp(dt[t].unsqueeze(1) * l.A) * h + dtx[t].unsqueeze(1) * B[t].unsqueeze(0);
        y.push_back(at::mv(h, C[t]));
    }
    return (at::stack(y) + l.D * x) * at::silu(l.z.narrow(0, 0, length));
}

double seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The loop's cost for a token does not depend on their number: a part of them shows it. The kernel runs beside it.
void scanOperators(benchmark::State &state)
{
    constexpr std::int64_t length = 256;
    const c10::InferenceMode inference;
    double loop = 0, kernel = 0;
    for (auto _ : state) {
        const double start = seconds();
        benchmark::DoNotOptimize(operatorScan(layer(), length));
        const double middle = seconds();
        state.PauseTiming();
        ecdysis::kernels::selectiveScan(layer().scan(), layer().y.data_ptr<float>());
        loop += (middle - start) / length;
        kernel += (seconds() - middle) / tokens;
        state.ResumeTiming();
    }
    reportEach(state, updates * length / tokens);
    state.counters["faster"] = loop / kernel;
}

/// A single step's product with weights in bfloat16, read as they are stored, for `rows` sequences; "bandwidth" is that
/// of the weights. Beside it, the same through LibTorch, and widened first.
struct Step
{
    static constexpr std::int64_t inputs = 4096, outputs = 8192;

    at::Tensor weight = at::randn({outputs, inputs}).to(at::kBFloat16);
};

void report(benchmark::State &state)
{
    state.counters["bandwidth"] = benchmark::Counter(static_cast<double>(Step::inputs * Step::outputs * 2), rate);
}

void stepAsStored(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const ecdysis::layers::Linear linear{.weight = Step().weight, .bias = {}};
    const at::Tensor x = at::randn({state.range(0), Step::inputs});
    for (auto _ : state)
        benchmark::DoNotOptimize(ecdysis::layers::apply(linear, x, {}));
    report(state);
}

void stepWidened(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const Step step;
    const at::Tensor x = at::randn({state.range(0), Step::inputs});
    for (auto _ : state)
        benchmark::DoNotOptimize(at::linear(x, step.weight.to(at::kFloat)));
    report(state);
}

void stepLibTorch(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const Step step;
    const at::Tensor x = at::randn({state.range(0), Step::inputs}).to(at::kBFloat16);
    for (auto _ : state)
        benchmark::DoNotOptimize(at::linear(x, step.weight));
    report(state);
}

struct ConvWeights
{
    at::Tensor weight = at::randn({channels, 1, taps});
    at::Tensor bias = at::randn({channels});
};

void conv(benchmark::State &state)
{
    const ConvWeights w;
    const ecdysis::kernels::CausalConv conv{1,
                                            tokens,
                                            channels,
                                            taps,
                                            layer().xz.data_ptr<float>(),
                                            2 * channels,
                                            w.weight.data_ptr<float>(),
                                            w.bias.data_ptr<float>()};
    for (auto _ : state)
        ecdysis::kernels::causalConv(conv, layer().y.data_ptr<float>());
    reportBandwidth(state, 2 * tokens * channels);
}

void convOperators(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const ConvWeights w;
    for (auto _ : state) {
        const at::Tensor x = layer().xz.narrow(1, 0, channels).t().unsqueeze(0);
        const at::Tensor s = at::conv1d(x, w.weight, w.bias, 1, taps - 1, 1, channels).narrow(2, 0, tokens);
        benchmark::DoNotOptimize(at::silu(s).squeeze(0).t().contiguous());
    }
    reportBandwidth(state, 2 * tokens * channels);
}

void convBackward(benchmark::State &state)
{
    const ConvWeights w;
    const Layer &l = layer();
    const ecdysis::kernels::CausalConv conv{1,
                                            tokens,
                                            channels,
                                            taps,
                                            l.xz.data_ptr<float>(),
                                            2 * channels,
                                            w.weight.data_ptr<float>(),
                                            w.bias.data_ptr<float>()};
    const auto dx = at::empty_like(l.x), dWeight = at::empty_like(w.weight), dBias = at::empty_like(w.bias);
    for (auto _ : state)
        ecdysis::kernels::causalConvBackward(conv, l.dy.data_ptr<float>(), dx.data_ptr<float>(),
                                             dWeight.data_ptr<float>(), dBias.data_ptr<float>());
    reportBandwidth(state, 3 * tokens * channels);
}

void rmsNorm(benchmark::State &state)
{
    const auto x = at::randn({tokens, hidden}), w = at::randn({hidden}), y = at::empty_like(x);
    for (auto _ : state)
        ecdysis::kernels::rmsNorm(x.data_ptr<float>(), w.data_ptr<float>(), 1e-5f, tokens, hidden, y.data_ptr<float>());
    reportBandwidth(state, 2 * tokens * hidden);
}

void rmsNormOperators(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const auto x = at::randn({tokens, hidden}), w = at::randn({hidden});
    for (auto _ : state)
        benchmark::DoNotOptimize(w * (x * at::rsqrt(x.pow(2).mean(-1, true) + 1e-5)));
    reportBandwidth(state, 2 * tokens * hidden);
}

void gatedRmsNorm(benchmark::State &state)
{
    const Layer &l = layer();
    for (auto _ : state)
        ecdysis::kernels::gatedRmsNorm(l.x.data_ptr<float>(), l.z.data_ptr<float>(), 2 * channels,
                                       l.D.data_ptr<float>(), 1e-5f, tokens, channels, channels, l.y.data_ptr<float>());
    reportBandwidth(state, 3 * tokens * channels);
}

constexpr std::int64_t classes = 50280;
constexpr std::int64_t rows = 256;

void crossEntropy(benchmark::State &state)
{
    const auto logits = at::randn({rows, classes});
    const std::vector<std::int64_t> targets(rows, 3);
    std::vector<double> losses(rows);
    for (auto _ : state)
        ecdysis::kernels::crossEntropy(logits.data_ptr<float>(), targets.data(), rows, classes, losses.data());
    reportBandwidth(state, rows * classes);
}

void crossEntropyOperators(benchmark::State &state)
{
    const c10::InferenceMode inference;
    const auto logits = at::randn({rows, classes});
    const auto targets = at::full({rows}, 3, at::kLong);
    for (auto _ : state)
        benchmark::DoNotOptimize(at::cross_entropy_loss(logits, targets, {}, at::Reduction::None));
    reportBandwidth(state, rows * classes);
}

BENCHMARK(copy)->Apply(repeated);
BENCHMARK(arithmetic)->Apply(repeated);
BENCHMARK(gemm)->Apply(repeated);
BENCHMARK(scanForward)->Apply(repeated);
BENCHMARK(scanForwardBackward)->Apply(repeated);
BENCHMARK(scanOperators)->Apply(repeated);
BENCHMARK(stepAsStored)->Apply(repeated)->Arg(1)->Arg(8);
BENCHMARK(stepWidened)->Apply(repeated)->Arg(1)->Arg(8);
BENCHMARK(stepLibTorch)->Apply(repeated)->Arg(1)->Arg(8);
BENCHMARK(conv)->Apply(repeated);
BENCHMARK(convOperators)->Apply(repeated);
BENCHMARK(convBackward)->Apply(repeated);
BENCHMARK(rmsNorm)->Apply(repeated);
BENCHMARK(rmsNormOperators)->Apply(repeated);
BENCHMARK(gatedRmsNorm)->Apply(repeated);
BENCHMARK(crossEntropy)->Apply(repeated);
BENCHMARK(crossEntropyOperators)->Apply(repeated);

} // namespace

int main(int argc, char **argv)
{
    ecdysis::useHugePages();
    at::set_num_threads(2);
    omp_set_num_threads(2);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    // Figures of functions that differ would mean nothing.
    const at::Tensor expected = operatorScan(layer(), 64);
    ecdysis::kernels::selectiveScan(layer().scan(), layer().y.data_ptr<float>());
    benchmark::Shutdown();
    return difference(layer().y.narrow(0, 0, 64), expected) < 1e-5f ? 0 : 1;
}
