// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mamba_mixer.h"

#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

std::vector<at::Tensor> MambaMixer::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                          std::span<const Removed> variants, const Run &run) const
{
    const at::Tensor projected = apply(m_parts.input, operand(hidden, m_parts.input), run);
    const std::int64_t inner = projected.size(1) / 2;
    const auto halves = projected.split_with_sizes({inner, inner}, 1);
    const at::Tensor x = apply(m_parts.convolution, halves[0], sequence);
    std::vector<at::Tensor> results;
    for (const Removed &removed : variants) {
        throwIfStopped(run);
        const at::Tensor y = apply(m_parts.ssm, x, halves[1], sequence, removed, run);
        results.push_back(layers::addTo(residual, m_parts.output, operand(y, m_parts.output), run));
    }
    return results;
}

at::Tensor MambaMixer::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece,
                               LayerState &state, const Removed &removed, const Run &run) const
{
    const at::Tensor projected = apply(m_parts.input, operand(hidden, m_parts.input), run);
    const std::int64_t inner = projected.size(1) / 2;
    const at::Tensor z = projected.narrow(1, inner, inner);
    const at::Tensor x = resume(m_parts.convolution, projected.narrow(1, 0, inner), piece, state.convolution);
    const at::Tensor y = resume(m_parts.ssm, x, z, piece, state.ssm, removed, run);
    return layers::addTo(residual, m_parts.output, operand(y, m_parts.output), run);
}

double MambaMixer::graphBytesPerToken() const
{
    return 4.0 * 3.0 * static_cast<double>(m_parts.output.weight.size(1)) + layers::graphBytesPerToken(m_parts.ssm);
}

MambaShape readMamba(const io::Config &config, std::int64_t channels, bool bias)
{
    require(config, "hidden_act", "silu");
    // A width in the file wins over the computed one, as it does in transformers: Falcon-Mamba 7B says "expand": 16
    // beside the width that it has.
    const std::int64_t inner =
        config.has("intermediate_size") ? size(config, "intermediate_size", 1) : expanded(config, "expand", channels);
    return {.channels = channels,
            .inner = inner,
            .states = size(config, "state_size", 16),
            .rank = stepRank(config, "time_step_rank", channels),
            .taps = size(config, "conv_kernel", 4),
            .bias = config.boolean("use_bias", bias),
            .convolutionBias = config.boolean("use_conv_bias", true)};
}

io::Config remainingMamba(const io::Config &config, const Remains &remains)
{
    return RemainingConfig(config, remains)
        .layers("num_hidden_layers")
        .width("intermediate_size", "inner_channels")
        .width("state_size", "state")
        .width("time_step_rank", "dt_rank")
        .config();
}

void describeMamba(const Section &section, const MambaShape &shape)
{
    const auto &[channels, inner, states, rank, taps, bias, convolutionBias, innerNorms, epsilon] = shape;
    section.linear("in_proj", 2 * inner, channels, bias);
    section.convolution("conv1d", inner, taps, convolutionBias);
    const Section ssm = section.part("ssm");
    const Section recurrence = ssm.part("recurrence");
    recurrence.linear("x_proj", rank + 2 * states, inner);
    recurrence.linear("dt_proj", inner, rank);
    recurrence.ssmParameter("dt_proj.bias", {inner});
    // The recurrence: two products and an exponential for the decay and the input, a multiply-add each for state and
    // output; then the skip.
    recurrence.ssmParameter("A_log", {inner, states}).flops = 7;
    ssm.ssmParameter("D", {inner}).flops = 2;
    if (innerNorms == InnerNorms::Weighted) {
        recurrence.norm("dt_layernorm", rank);
        recurrence.norm("b_layernorm", states);
        recurrence.norm("c_layernorm", states);
    }
    section.linear("out_proj", channels, inner, bias);

    const auto name = [&](const char *path) { return section.name(path); };
    architectures::Axis &channel = section.axis("inner_channels", inner);
    for (const char *path : {"in_proj.weight", "in_proj.bias"})
        for (const std::int64_t start : {std::int64_t{0}, inner})
            channel.slices.push_back({.tensor = name(path), .start = start});
    for (const char *path : {"conv1d.weight", "conv1d.bias", "dt_proj.weight", "dt_proj.bias", "A_log", "D"})
        channel.slices.push_back({.tensor = name(path)});
    for (const char *path : {"x_proj.weight", "out_proj.weight"})
        channel.slices.push_back({.tensor = name(path), .dimension = 1});

    const bool maskIsCut = innerNorms == InnerNorms::None;
    architectures::Axis &state = section.axis("state", states);
    state.maskIsCut = maskIsCut;
    state.slices = {{.tensor = name("x_proj.weight"), .start = rank},
                    {.tensor = name("x_proj.weight"), .start = rank + states},
                    {.tensor = name("A_log"), .dimension = 1},
                    {.tensor = name("b_layernorm.weight")},
                    {.tensor = name("c_layernorm.weight")}};
    architectures::Axis &step = section.axis("dt_rank", rank);
    step.maskIsCut = maskIsCut;
    step.slices = {{.tensor = name("x_proj.weight")},
                   {.tensor = name("dt_proj.weight"), .dimension = 1},
                   {.tensor = name("dt_layernorm.weight")}};
}

std::unique_ptr<const Mixer> buildMamba(const Weights &weights, const std::string &path, const MambaShape &shape)
{
    const auto norm = [&](const char *name) { return RmsNorm{weights.orNone(path + name), shape.innerEpsilon}; };
    return std::make_unique<MambaMixer>(
        MambaMixer::Parts{.input = weights.linear(path + "in_proj"),
                          .convolution = {weights.at(path + "conv1d.weight"), weights.orNone(path + "conv1d.bias")},
                          .ssm = {.scanInput = weights.linear(path + "x_proj"),
                                  .step = weights.linear(path + "dt_proj"),
                                  .logA = weights.orNone(path + "A_log"),
                                  .D = weights.orNone(path + "D"),
                                  .normalised = shape.innerNorms != InnerNorms::None,
                                  .stepNorm = norm("dt_layernorm.weight"),
                                  .normB = norm("b_layernorm.weight"),
                                  .normC = norm("c_layernorm.weight"),
                                  .tap = weights.scanTap(path + "A_log")},
                          .output = weights.linear(path + "out_proj")});
}

} // namespace ecdysis::layers
