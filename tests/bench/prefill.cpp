// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Prefill of a whole random model without head against the matrix products of it alone, one after the other in each
// repetition, so that the ratio stands whatever else the machine does. Counters: tokens a second of both, their ratio.
// The products run as LibTorch's own calls on whole matrices into outputs that are there already.
// And a gradient pass (loss and gradients of all weights) against a forward pass with head of the same window.

#include <chrono>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include "core/architectures/architecture.h"
#include "core/evaluation/gradients.h"
#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/io/config.h"
#include "core/layers/linear.h"
#include "core/model.h"

using namespace ecdysis;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t tokens = 2048;
constexpr std::int64_t gradientTokens = 1024;
constexpr int layers = 24;

const char *const mamba130m =
    R"({"model_type": "mamba", "hidden_size": 768, "num_hidden_layers": 24, "use_bias": false})";
const char *const mamba2130m = R"({"model_type": "mamba2", "hidden_size": 768, "num_hidden_layers": 24, "num_heads": 24,
                                   "n_groups": 1, "vocab_size": 50288, "tie_word_embeddings": true})";

architectures::Weights randomWeights(const architectures::Blueprint &blueprint, at::ScalarType compute)
{
    at::manual_seed(1);
    architectures::Weights weights;
    weights.compute = compute;
    for (const architectures::Parameter &parameter : blueprint.parameters) {
        if (!parameter.tiedTo.empty())
            continue;
        const auto type = parameter.precision == architectures::Precision::Compute ? compute : at::kFloat;
        weights[parameter.name] = at::randn(parameter.shape).mul_(0.02).to(type);
    }
    return weights;
}

/// The products of one layer with operands and results of their own.
struct Product
{
    at::Tensor x;
    at::Tensor weight;
    at::Tensor y;
};

std::vector<Product> products(const architectures::Blueprint &blueprint, const architectures::Weights &weights)
{
    std::vector<Product> result;
    for (const architectures::Parameter &parameter : blueprint.parameters)
        if (parameter.layer() == 0 && parameter.precision == architectures::Precision::Compute) {
            const at::Tensor &weight = weights.at(parameter.name);
            result.push_back({.x = layers::operand(at::randn({tokens, weight.size(1)}),
                                                   {.weight = weight, .bias = {}, .compute = weights.compute}),
                              .weight = weight,
                              .y = at::empty({tokens, weight.size(0)})});
        }
    return result;
}

void multiply(const Product &product)
{
    at::Tensor y = product.y;
    if (product.weight.scalar_type() == at::kFloat)
        at::mm_out(y, product.x, product.weight.t());
    else
        layers::multiplyInto(y, product.x, product.weight, {});
}

template <typename Work> double secondsOf(const Work &work)
{
    const auto start = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void prefill(benchmark::State &state, const char *text, at::ScalarType compute)
{
    const at::NoGradGuard noGradients;
    useThreads({});
    const auto config = valueOrThrow(io::Config::parse(text, "benchmark"));
    const auto &architecture = architectures::recognise(config);
    const auto blueprint = architecture.describe(config);
    const auto weights = randomWeights(blueprint, compute);
    const auto network = architecture.build(config, weights);
    const auto ofLayer = products(blueprint, weights);
    const at::Tensor ids = at::arange(tokens, at::kLong).mul(7919).remainder(50000).view({1, tokens});
    const std::vector<architectures::Removed> nothing(layers);

    const auto whole = [&] { benchmark::DoNotOptimize(evaluation::forward(*network, ids, nothing, {})); };
    const auto productsAlone = [&] {
        for (int layer = 0; layer < layers; ++layer)
            for (const Product &product : ofLayer)
                multiply(product);
    };
    whole();
    productsAlone();
    double wholeSeconds = 0;
    double productSeconds = 0;
    for (auto _ : state) {
        wholeSeconds += secondsOf(whole);
        productSeconds += secondsOf(productsAlone);
    }
    const double done = static_cast<double>(tokens) * static_cast<double>(state.iterations());
    state.counters["prefill_tokens_s"] = done / wholeSeconds;
    state.counters["gemm_tokens_s"] = done / productSeconds;
    state.counters["ratio"] = productSeconds / wholeSeconds;
}

void gradients(benchmark::State &state, const char *text)
{
    useThreads({});
    const auto config = valueOrThrow(io::Config::parse(text, "benchmark"));
    const auto &architecture = architectures::recognise(config);
    auto weights = randomWeights(architecture.describe(config), at::kFloat);
    for (const auto &[name, weight] : weights)
        weight.requires_grad_(true);
    const auto network = architecture.build(config, weights);
    const at::Tensor ids = at::arange(gradientTokens, at::kLong).mul(7919).remainder(50000).view({1, gradientTokens});
    const std::vector<architectures::Removed> nothing(layers);
    const auto forward = [&] {
        const at::Tensor residual = evaluation::forward(*network, ids, nothing, {});
        benchmark::DoNotOptimize(evaluation::windowLosses(*network, residual, ids, {}, {}));
    };
    forward();
    evaluation::backpropagate(*network, ids, {});
    double forwardSeconds = 0;
    double gradientSeconds = 0;
    for (auto _ : state) {
        forwardSeconds += secondsOf(forward);
        gradientSeconds += secondsOf([&] { evaluation::backpropagate(*network, ids, {}); });
    }
    state.counters["gradient_tokens_s"] =
        static_cast<double>(gradientTokens) * static_cast<double>(state.iterations()) / gradientSeconds;
    state.counters["times_forward"] = gradientSeconds / forwardSeconds;
}

BENCHMARK_CAPTURE(prefill, mamba_130m_f32, mamba130m, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, mamba2_130m_f32, mamba2130m, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, mamba_130m_bf16, mamba130m, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, mamba2_130m_bf16, mamba2130m, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(gradients, mamba_130m, mamba130m)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK_CAPTURE(gradients, mamba2_130m, mamba2130m)->Unit(benchmark::kMillisecond)->Iterations(2);

} // namespace

BENCHMARK_MAIN();
