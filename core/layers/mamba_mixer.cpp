// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mamba_mixer.h"

#include "core/layers/selective_scan.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

/// Everything the scan reads, from x after the convolution and the gate z.
SelectiveScan scanOperands(const MambaMixer::Parts &parts, const at::Tensor &x, const at::Tensor &z, const Run &run)
{
    const std::int64_t states = parts.logA.size(1);
    const std::int64_t rank = parts.step.weight.size(1);
    const at::Tensor selected = apply(parts.scanInput, operand(x, parts.scanInput.weight), run);
    const auto slices = selected.split_with_sizes({rank, states, states}, 1);
    const Linear stepWithoutBias{parts.step.weight, {}};
    return {.x = x,
            .dt = apply(stepWithoutBias, operand(slices[0], parts.step.weight), run),
            .z = z,
            .B = slices[1],
            .C = slices[2],
            .A = parts.logA.exp().neg(),
            .D = parts.D,
            .dtBias = parts.step.bias};
}

} // namespace

std::vector<at::Tensor> MambaMixer::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                          std::span<const architectures::Removed> variants, const Run &run) const
{
    const at::Tensor projected = apply(m_parts.input, operand(hidden, m_parts.input.weight), run);
    const std::int64_t inner = projected.size(1) / 2;
    const auto halves = projected.split_with_sizes({inner, inner}, 1);
    const at::Tensor x = apply(m_parts.convolution, halves[0], sequence);
    std::vector<at::Tensor> results;
    for (const auto &removed : variants) {
        throwIfStopped(run);
        const at::Tensor y =
            removed.contains("ssm") ? gated(x, halves[1]) : apply(scanOperands(m_parts, x, halves[1], run), sequence);
        results.push_back(output(residual, y, run));
    }
    return results;
}

at::Tensor MambaMixer::addStep(const at::Tensor &residual, const at::Tensor &hidden, architectures::LayerState &state,
                               const architectures::Removed &removed) const
{
    const Run run;
    const at::Tensor projected = apply(m_parts.input, operand(hidden, m_parts.input.weight), run);
    const std::int64_t inner = projected.size(1) / 2;
    const at::Tensor z = projected.narrow(1, inner, inner);
    const at::Tensor x = step(m_parts.convolution, projected.narrow(1, 0, inner), state.convolution);
    return output(residual, removed.contains("ssm") ? gated(x, z) : step(scanOperands(m_parts, x, z, run), state.ssm),
                  run);
}

double MambaMixer::graphBytesPerToken() const
{
    // x and z, x after the convolution, dt, y, and the scan's stored states
    const double inner = static_cast<double>(m_parts.D.size(0));
    const double states = static_cast<double>(m_parts.logA.size(1));
    return 4.0 * inner * (5.0 + states / 16.0);
}

at::Tensor MambaMixer::output(const at::Tensor &residual, const at::Tensor &y, const Run &run) const
{
    return layers::addTo(residual, m_parts.output, operand(y, m_parts.output.weight), run);
}

} // namespace ecdysis::layers
