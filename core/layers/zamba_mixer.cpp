// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/zamba_mixer.h"

#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

std::pair<at::Tensor, at::Tensor> ZambaMixer::project(const at::Tensor &hidden, const Run &run) const
{
    const at::Tensor projected = apply(m_parts.input, operand(hidden, m_parts.input), run);
    const at::Tensor apart = projected.unflatten(1, {-1, 2}).permute({2, 0, 1}).contiguous();
    return {apart.select(0, 0), apart.select(0, 1)};
}

at::Tensor ZambaMixer::ofHead(const at::Tensor &columns, std::size_t head) const
{
    const std::int64_t width = columns.size(1) / static_cast<std::int64_t>(m_parts.heads.size());
    return columns.narrow(1, static_cast<std::int64_t>(head) * width, width);
}

at::Tensor ZambaMixer::output(const at::Tensor &residual, const at::Tensor &y, const Run &run) const
{
    return layers::addTo(residual, m_parts.output, operand(y, m_parts.output), run);
}

std::vector<at::Tensor> ZambaMixer::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                          std::span<const Removed> variants, const Run &run) const
{
    const auto [input, z] = project(hidden, run);
    const at::Tensor x = apply(m_parts.convolution, input, sequence);
    std::vector<at::Tensor> results;
    for (const Removed &removed : variants) {
        throwIfStopped(run);
        if (!hasSsm(removed)) {
            results.push_back(output(residual, gated(x, z), run));
            continue;
        }
        std::vector<at::Tensor> heads;
        for (std::size_t head = 0; head < m_parts.heads.size(); ++head)
            heads.push_back(apply(m_parts.heads[head], ofHead(x, head), ofHead(z, head), sequence, removed, run));
        results.push_back(output(residual, at::cat(heads, 1), run));
    }
    return results;
}

at::Tensor ZambaMixer::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece,
                               LayerState &state, const Removed &removed, const Run &run) const
{
    const auto [input, z] = project(hidden, run);
    const at::Tensor x = resume(m_parts.convolution, input, piece, state.convolution);
    if (!hasSsm(removed))
        return output(residual, gated(x, z), run);
    std::vector<at::Tensor> heads;
    std::vector<at::Tensor> states;
    for (std::size_t head = 0; head < m_parts.heads.size(); ++head) {
        at::Tensor own = state.ssm.defined() ? state.ssm.select(1, static_cast<std::int64_t>(head)) : at::Tensor();
        heads.push_back(resume(m_parts.heads[head], ofHead(x, head), ofHead(z, head), piece, own, removed, run));
        if (own.defined())
            states.push_back(own);
    }
    if (!states.empty())
        state.ssm = at::stack(states, 1);
    return output(residual, at::cat(heads, 1), run);
}

double ZambaMixer::graphBytesPerToken() const
{
    double bytes = 4.0 * 5.0 * static_cast<double>(m_parts.output.weight.size(1));
    for (const SelectiveSsm &head : m_parts.heads)
        bytes += layers::graphBytesPerToken(head);
    return bytes;
}

void describeZambaMixer(const Section &section, const ZambaMixerShape &shape)
{
    const auto &[channels, inner, heads, states, rank, taps, bias, convolutionBias] = shape;
    const std::int64_t width = inner / heads;
    section.linear("in_proj", 2 * inner, channels, bias);
    section.convolution("conv1d", inner, taps, convolutionBias);
    const Section ssm = section.part("ssm");
    const Section recurrence = ssm.part("recurrence");
    const auto matrix = [&](const char *name, std::vector<std::int64_t> size) {
        architectures::Parameter &weight = recurrence.tensor(name, std::move(size));
        weight.precision = architectures::Precision::Compute;
        weight.prunable = true;
        weight.flops = 2;
    };
    matrix("x_proj_weight", {heads, rank + 2 * states, width});
    matrix("dt_proj_weight", {heads, width, rank});
    recurrence.ssmParameter("dt_proj_bias", {heads, width});
    recurrence.ssmParameter("A_log", {heads, width, states}).flops = 7;
    ssm.ssmParameter("D", {heads, width}).flops = 2;
    section.linear("out_proj", channels, inner, bias);

    const auto name = [&](const char *path) { return section.name(path); };
    architectures::Axis &head = section.axis("heads", heads);
    head.single = true;
    for (const char *path : {"in_proj.weight", "in_proj.bias"})
        head.slices.push_back({.tensor = name(path), .width = 2 * width, .step = 2 * width});
    for (const char *path : {"conv1d.weight", "conv1d.bias"})
        head.slices.push_back({.tensor = name(path), .width = width, .step = width});
    for (const char *path : {"x_proj_weight", "dt_proj_weight", "dt_proj_bias", "A_log", "D"})
        head.slices.push_back({.tensor = name(path)});
    head.slices.push_back({.tensor = name("out_proj.weight"), .dimension = 1, .width = width, .step = width});

    architectures::Axis &channel = section.axis("inner_channels", width);
    for (const char *path : {"in_proj.weight", "in_proj.bias"})
        channel.slices.push_back(
            {.tensor = name(path), .width = 2, .step = 2, .repeat = heads, .repeatStep = 2 * width});
    for (const char *path : {"conv1d.weight", "conv1d.bias"})
        channel.slices.push_back({.tensor = name(path), .repeat = heads, .repeatStep = width});
    channel.slices.push_back({.tensor = name("x_proj_weight"), .dimension = 2});
    for (const char *path : {"dt_proj_weight", "dt_proj_bias", "A_log", "D"})
        channel.slices.push_back({.tensor = name(path), .dimension = 1});
    channel.slices.push_back({.tensor = name("out_proj.weight"), .dimension = 1, .repeat = heads, .repeatStep = width});

    section.axis("state", states).slices = {{.tensor = name("x_proj_weight"), .dimension = 1, .start = rank},
                                            {.tensor = name("x_proj_weight"), .dimension = 1, .start = rank + states},
                                            {.tensor = name("A_log"), .dimension = 2}};
    section.axis("dt_rank", rank).slices = {{.tensor = name("x_proj_weight"), .dimension = 1},
                                            {.tensor = name("dt_proj_weight"), .dimension = 2}};
}

std::unique_ptr<const Mixer> buildZambaMixer(const Weights &weights, const std::string &path)
{
    ZambaMixer::Parts parts{.input = weights.linear(path + "in_proj"),
                            .convolution = {weights.at(path + "conv1d.weight"), weights.orNone(path + "conv1d.bias")},
                            .heads = {},
                            .output = weights.linear(path + "out_proj")};
    const at::Tensor logA = weights.orNone(path + "A_log");
    const at::Tensor D = weights.orNone(path + "D"); // left where the recurrences are cut away
    const std::int64_t heads = logA.defined() ? logA.size(0) : D.defined() ? D.size(0) : 0;
    for (std::int64_t head = 0; head < heads; ++head) {
        const auto own = [&](const char *name) {
            const at::Tensor all = weights.orNone(path + name);
            return all.defined() ? all[head] : all;
        };
        SelectiveSsm ssm;
        ssm.scanInput = {.weight = own("x_proj_weight"), .bias = {}, .compute = weights.compute};
        ssm.step = {.weight = own("dt_proj_weight"), .bias = own("dt_proj_bias"), .compute = weights.compute};
        ssm.logA = own("A_log");
        ssm.D = own("D");
        ssm.tap = weights.scanTap(path + "A_log", head);
        parts.heads.push_back(std::move(ssm));
    }
    return std::make_unique<ZambaMixer>(std::move(parts));
}

} // namespace ecdysis::layers
