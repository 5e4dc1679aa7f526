// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <omp.h>

#include "core/huge_pages.h"
#include "core/layers/state_duality.h"
#include "tests/bench/counters.h"
#include "tests/bench/limits/chunked_duality.h"

/// \file
/// The recurrence of Mamba-2 at the shape of one layer of mamba2-130m, two threads, by ways that compute the same.
///   each       time per token · channel · state

namespace {

/// The recurrence of Mamba-2 over some tokens, in the shape of a layer of mamba2-130m.
struct Duality
{
    static constexpr std::int64_t heads = 24, size = 64, width = 128;

    explicit Duality(std::int64_t length)
    {
        const auto xbc =
            at::randn({length, heads * size + 2 * width}).split_with_sizes({heads * size, width, width}, 1);
        operands = {.x = xbc[0],
                    .dt = at::randn({length, heads}),
                    .B = xbc[1],
                    .C = xbc[2],
                    .A = at::rand({heads}).neg().sub(1),
                    .D = at::ones({heads}),
                    .dtBias = at::full({heads}, -4.6f)};
    }

    ecdysis::layers::StateDuality operands;
};

at::Tensor dualityFloat32(const ecdysis::layers::StateDuality &ssd)
{
    return ecdysis::layers::apply(ssd, {1, ssd.x.size(0)});
}

at::Tensor dualityOperators(const ecdysis::layers::StateDuality &ssd)
{
    return ecdysis::layers::applyChunked(ssd, {1, ssd.x.size(0)}, 64);
}

/// Chunk by chunk around products in bfloat16, which LibTorch hands to oneDNN.
at::Tensor dualityBfloat16(const ecdysis::layers::StateDuality &ssd)
{
    using namespace ecdysis::kernels;
    constexpr std::int64_t chunk = 128;
    const auto floats = [](const at::Tensor &tensor) { return tensor.data_ptr<float>(); };
    const auto halves = [](const at::Tensor &tensor) { return static_cast<Bfloat16 *>(tensor.data_ptr()); };
    const ecdysis::kernels::StateDuality operands{.time = ssd.x.size(0),
                                                  .heads = Duality::heads,
                                                  .headSize = Duality::size,
                                                  .states = Duality::width,
                                                  .x = floats(ssd.x),
                                                  .xStride = ssd.x.stride(0),
                                                  .dt = floats(ssd.dt),
                                                  .dtStride = ssd.dt.stride(0),
                                                  .B = floats(ssd.B),
                                                  .C = floats(ssd.C),
                                                  .bcStride = ssd.B.stride(0),
                                                  .A = floats(ssd.A),
                                                  .D = floats(ssd.D),
                                                  .dtBias = floats(ssd.dtBias)};
    const at::Tensor B = ssd.B.reshape({-1, chunk, Duality::width});
    const at::Tensor C = ssd.C.reshape({-1, chunk, Duality::width});
    const at::Tensor products = at::matmul(C, B.transpose(1, 2));
    const at::Tensor roundedB = B.to(at::kBFloat16).transpose(1, 2), roundedC = C.to(at::kBFloat16);
    const at::Tensor y = at::empty({ssd.x.size(0), ssd.x.size(1)});
    const at::Tensor decays = at::empty({Duality::heads});
    const at::Tensor carried = at::zeros({Duality::width, ssd.x.size(1)});
    at::Tensor read = at::empty({chunk, ssd.x.size(1)}, at::kBFloat16),
               added = at::empty(carried.sizes(), at::kBFloat16);
    const at::Tensor inputs = at::empty_like(read), entering = at::empty_like(added);
    for (std::int64_t index = 0; index < C.size(0); ++index) {
        if (index > 0)
            at::mm_out(read, roundedC[index], entering);
        readChunk(operands, {chunk, 0, index}, floats(products), index > 0 ? halves(read) : nullptr, floats(y),
                  halves(inputs), floats(decays));
        at::mm_out(added, roundedB[index], inputs);
        carryStates(operands, floats(decays), halves(added), floats(carried), halves(entering));
    }
    return y;
}

/// "flops" counts five operations for each token, channel and state, whatever a way takes.
void duality(benchmark::State &state, at::Tensor (*compute)(const ecdysis::layers::StateDuality &))
{
    const c10::InferenceMode inference;
    const Duality duality(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(compute(duality.operands));
    const auto each = static_cast<double>(state.range(0) * Duality::heads * Duality::size * Duality::width);
    reportEach(state, each);
    state.counters["flops"] = benchmark::Counter(each * 5, rate);
}

BENCHMARK_CAPTURE(duality, float32, dualityFloat32)->Apply(repeated)->Arg(128)->Arg(512)->Arg(2048);
BENCHMARK_CAPTURE(duality, bfloat16, dualityBfloat16)->Apply(repeated)->Arg(128)->Arg(512)->Arg(2048);
BENCHMARK_CAPTURE(duality, operators, dualityOperators)->Apply(repeated)->Arg(2048);
} // namespace

int main(int argc, char **argv)
{
    ecdysis::useHugePages();
    at::set_num_threads(2);
    omp_set_num_threads(2);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    // Figures of functions that differ would mean nothing.
    const Duality duality(512);
    const at::Tensor y = dualityOperators(duality.operands);
    benchmark::Shutdown();
    return difference(dualityFloat32(duality.operands), y) < 1e-5f &&
                   difference(dualityBfloat16(duality.operands), y) < 5.0f / 512
               ? 0
               : 1;
}
