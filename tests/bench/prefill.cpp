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
#include "core/huge_pages.h"
#include "core/io/config.h"
#include "core/layers/linear.h"
#include "core/model.h"

using namespace ecdysis;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t tokens = 2048;
constexpr std::int64_t gradientTokens = 1024;

const char *const mamba130m =
    R"({"model_type": "mamba", "hidden_size": 768, "num_hidden_layers": 24, "use_bias": false})";
const char *const mamba2130m = R"({"model_type": "mamba2", "hidden_size": 768, "num_hidden_layers": 24, "num_heads": 24,
                                   "n_groups": 1, "vocab_size": 50288, "tie_word_embeddings": true})";

// Hybrids of the same width, eight layers, their parts in the proportions of the released models.
const char *const falconH1 = R"({"model_type": "falcon_h1", "hidden_size": 768, "num_hidden_layers": 8,
    "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64, "intermediate_size": 2048, "mamba_d_ssm": 1536,
    "mamba_n_heads": 24, "mamba_d_state": 128, "vocab_size": 50288})";
const char *const zamba2 = R"({"model_type": "zamba2", "hidden_size": 768, "num_hidden_layers": 8,
    "layers_block_type": ["mamba", "mamba", "hybrid", "mamba", "mamba", "hybrid", "mamba", "mamba"],
    "num_attention_heads": 12, "n_mamba_heads": 24, "mamba_d_state": 64, "num_mem_blocks": 2, "adapter_rank": 128,
    "use_mem_rope": true, "vocab_size": 50288})";
const char *const nemotronH = R"({"model_type": "nemotron_h", "hidden_size": 768, "hybrid_override_pattern": "M-M-M*-M",
    "num_attention_heads": 12, "num_key_value_heads": 4, "head_dim": 64, "intermediate_size": 3072,
    "mamba_num_heads": 24, "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8, "vocab_size": 50288})";
const char *const granite = R"({"model_type": "granitemoehybrid", "hidden_size": 768, "num_hidden_layers": 8,
    "layer_types": ["mamba", "mamba", "mamba", "attention", "mamba", "mamba", "mamba", "mamba"],
    "num_attention_heads": 12, "num_key_value_heads": 4, "attention_multiplier": 0.015625, "mamba_n_heads": 24,
    "mamba_d_state": 128, "num_local_experts": 16, "num_experts_per_tok": 4, "intermediate_size": 384,
    "shared_intermediate_size": 768, "vocab_size": 50288})";
const char *const hymba = R"({"model_type": "hymba", "hidden_size": 768, "num_hidden_layers": 8,
    "num_attention_heads": 12, "num_key_value_heads": 4, "intermediate_size": 2560, "mamba_d_state": 16,
    "mlp_hidden_act": "silu", "kq_norm": "none", "rope": true, "rope_type": "default", "sliding_window": 1024,
    "global_attn_idx": [0, 7], "num_memory_tokens": 128, "kv_reuse_group": [[1, 2], [3, 4], [5, 6]],
    "vocab_size": 50288, "tie_word_embeddings": true})";

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

/// A product with operands and results of its own.
struct Product
{
    at::Tensor x;
    at::Tensor weight;
    at::Tensor y;
};

Product product(const at::Tensor &weight, std::int64_t rows)
{
    return {.x = layers::operand(at::randn({rows, weight.size(1)}),
                                 {.weight = weight, .bias = {}, .compute = weight.scalar_type()}),
            .weight = weight,
            .y = at::empty({rows, weight.size(0)})};
}

/// All products of all layers. Of stacked experts each takes its part of the tokens.
std::vector<Product> products(const architectures::Blueprint &blueprint, const architectures::Weights &weights,
                              std::int64_t expertsOfAToken)
{
    std::vector<Product> result;
    for (const architectures::Parameter &parameter : blueprint.parameters)
        for (std::size_t use = 0; use < parameter.layers.size(); ++use) {
            if (parameter.precision != architectures::Precision::Compute)
                continue;
            const at::Tensor &weight = weights.at(parameter.name);
            if (weight.dim() == 2)
                result.push_back(product(weight, tokens));
            for (std::int64_t expert = 0; weight.dim() == 3 && expert < weight.size(0); ++expert)
                result.push_back(product(weight[expert], tokens * expertsOfAToken / weight.size(0)));
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
    useHugePages();
    const auto config = valueOrThrow(io::Config::parse(text, "benchmark"));
    const auto &architecture = architectures::recognise(config);
    const auto blueprint = architecture.describe(config);
    const auto weights = randomWeights(blueprint, compute);
    const auto network = architecture.build(config, weights);
    const auto all = products(blueprint, weights, config.integer("num_experts_per_tok", 0));
    const at::Tensor ids = at::arange(tokens, at::kLong).mul(7919).remainder(50000).view({1, tokens});
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(network->layers()));

    const auto whole = [&] { benchmark::DoNotOptimize(evaluation::forward(*network, ids, nothing, {})); };
    const auto productsAlone = [&] {
        for (const Product &product : all)
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
    useHugePages();
    const auto config = valueOrThrow(io::Config::parse(text, "benchmark"));
    const auto &architecture = architectures::recognise(config);
    auto weights = randomWeights(architecture.describe(config), at::kFloat);
    for (const auto &[name, weight] : weights)
        weight.requires_grad_(true);
    const auto network = architecture.build(config, weights);
    const at::Tensor ids = at::arange(gradientTokens, at::kLong).mul(7919).remainder(50000).view({1, gradientTokens});
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(network->layers()));
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
BENCHMARK_CAPTURE(prefill, falcon_h1_f32, falconH1, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, zamba2_f32, zamba2, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, nemotron_h_f32, nemotronH, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, granite_f32, granite, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, hymba_f32, hymba, at::kFloat)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, falcon_h1_bf16, falconH1, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, zamba2_bf16, zamba2, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, nemotron_h_bf16, nemotronH, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, granite_bf16, granite, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(prefill, hymba_bf16, hymba, at::kBFloat16)->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK_CAPTURE(gradients, mamba_130m, mamba130m)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK_CAPTURE(gradients, mamba2_130m, mamba2130m)->Unit(benchmark::kMillisecond)->Iterations(2);

} // namespace

BENCHMARK_MAIN();
