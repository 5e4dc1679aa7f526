// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mamba2_mixer.h"

#include "core/layers/state_duality.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

StateDuality dualityOperands(const Mamba2Mixer::Parts &parts, const at::Tensor &x, const at::Tensor &BC,
                             const at::Tensor &dt)
{
    const std::int64_t width = parts.groups * parts.states;
    const auto slices = BC.split_with_sizes({width, width}, 1);
    return {.x = x,
            .dt = dt,
            .B = slices[0],
            .C = slices[1],
            .A = parts.logA.exp().neg(),
            .D = parts.D,
            .dtBias = parts.dtBias,
            .groups = parts.groups,
            .dtMin = parts.dtMin,
            .dtMax = parts.dtMax};
}

} // namespace

Mamba2Mixer::Mamba2Mixer(Parts parts) : m_parts(std::move(parts)), m_inner(m_parts.output.weight.size(1))
{
    const std::int64_t shared = 2 * m_inner;
    const std::int64_t scanChannels = 2 * m_parts.groups * m_parts.states;
    m_gateAndX = outputs(m_parts.input, 0, shared);
    m_scanInput = outputs(m_parts.input, shared, m_parts.input.weight.size(0) - shared);
    m_convolutionX = channels(m_parts.convolution, 0, m_inner);
    m_convolutionBC = channels(m_parts.convolution, m_inner, scanChannels);
}

std::vector<at::Tensor> Mamba2Mixer::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                           std::span<const architectures::Removed> variants, const Run &run) const
{
    const at::Tensor input = operand(hidden, m_parts.input.weight);
    const auto halves = apply(m_gateAndX, input, run).split_with_sizes({m_inner, m_inner}, 1);
    const at::Tensor x = apply(m_convolutionX, halves[1], sequence);
    std::vector<at::Tensor> results;
    for (const auto &removed : variants) {
        throwIfStopped(run);
        at::Tensor y = x;
        if (!removed.contains("ssm")) {
            const std::int64_t heads = m_parts.logA.size(0);
            const at::Tensor selected = apply(m_scanInput, input, run);
            const auto slices = selected.split_with_sizes({selected.size(1) - heads, heads}, 1);
            y = apply(dualityOperands(m_parts, x, apply(m_convolutionBC, slices[0], sequence), slices[1]), sequence);
        }
        results.push_back(output(residual, y, halves[0], run));
    }
    return results;
}

at::Tensor Mamba2Mixer::addStep(const at::Tensor &residual, const at::Tensor &hidden, architectures::LayerState &state,
                                const architectures::Removed &removed) const
{
    const Run run;
    const at::Tensor projected = apply(m_parts.input, operand(hidden, m_parts.input.weight), run);
    const std::int64_t heads = m_parts.logA.size(0);
    const auto slices = projected.split_with_sizes({m_inner, projected.size(1) - m_inner - heads, heads}, 1);
    const at::Tensor convolved = step(m_parts.convolution, slices[1], state.convolution);
    const at::Tensor x = convolved.narrow(1, 0, m_inner).contiguous();
    const at::Tensor BC = convolved.narrow(1, m_inner, convolved.size(1) - m_inner);
    return output(residual, removed.contains("ssm") ? x : step(dualityOperands(m_parts, x, BC, slices[2]), state.ssm),
                  slices[0], run);
}

double Mamba2Mixer::graphBytesPerToken() const
{
    // Of the inner width: z, x, x after the convolution, the duality's inputs and outputs, the gated norm's steps; and
    // for each head about eight matrices of 64 by 64 a chunk of 64 tokens.
    return 4.0 * (16.0 * static_cast<double>(m_inner) + 8.0 * 64.0 * static_cast<double>(m_parts.logA.size(0)) +
                  3.0 * static_cast<double>(m_scanInput.weight.size(0)));
}

at::Tensor Mamba2Mixer::output(const at::Tensor &residual, const at::Tensor &y, const at::Tensor &z,
                               const Run &run) const
{
    const at::Tensor normalised =
        m_parts.norm.weight.defined() ? applyGated(m_parts.norm, y, z, m_parts.normGroup) : gated(y, z);
    return layers::addTo(residual, m_parts.output, operand(normalised, m_parts.output.weight), run);
}

} // namespace ecdysis::layers
