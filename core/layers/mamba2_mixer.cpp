// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mamba2_mixer.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/layers/settings.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

StateDuality dualityOperands(const Mamba2Mixer::Parts &parts, const Mamba2Shape &shape, const at::Tensor &x,
                             const at::Tensor &BC, const at::Tensor &dt)
{
    const std::int64_t width = BC.size(1) / 2;
    const auto slices = BC.split_with_sizes({width, width}, 1);
    return {.x = x,
            .dt = dt,
            .B = slices[0],
            .C = slices[1],
            .A = parts.logA.exp().neg(),
            .D = parts.D,
            .dtBias = parts.dtBias,
            .groups = shape.groups,
            .dtMin = shape.stepLimits.first,
            .dtMax = shape.stepLimits.second};
}

/// A row of factors, each for some columns; undefined where all are 1.
at::Tensor factors(std::initializer_list<std::pair<double, std::int64_t>> columns, const at::Tensor &like)
{
    if (std::ranges::all_of(columns, [](const auto &part) { return part.first == 1; }))
        return {};
    std::vector<at::Tensor> parts;
    for (const auto &[factor, count] : columns)
        parts.push_back(at::full({count}, factor, like.options().dtype(at::kFloat)));
    return at::cat(parts);
}

} // namespace

Mamba2Mixer::Mamba2Mixer(Parts parts, const Mamba2Shape &shape)
    : m_parts(std::move(parts)), m_shape(shape), m_inner(m_parts.output.weight.size(1))
{
    const at::Tensor &weight = m_parts.input.weight;
    const std::int64_t shared = 2 * m_inner;
    const std::int64_t scanChannels = m_parts.convolution.weight.size(0) - m_inner;
    const std::int64_t heads = weight.size(0) - shared - scanChannels;
    m_gateAndX = outputs(m_parts.input, 0, shared);
    m_scanInput = outputs(m_parts.input, shared, scanChannels + heads);
    m_convolutionX = channels(m_parts.convolution, 0, m_inner);
    m_convolutionBC = channels(m_parts.convolution, m_inner, scanChannels);
    const auto &[z, x, B, C, dt] = shape.scales;
    m_gateScales = factors({{z, m_inner}, {x, m_inner}}, weight);
    m_scanScales = factors({{B, scanChannels / 2}, {C, scanChannels / 2}, {dt, heads}}, weight);
}

at::Tensor Mamba2Mixer::project(const Linear &linear, const at::Tensor &scales, const at::Tensor &input,
                                const Run &run) const
{
    const at::Tensor y = apply(linear, input, run);
    return scales.defined() ? y * scales : y;
}

at::Tensor Mamba2Mixer::input(const at::Tensor &hidden) const
{
    return operand(m_shape.inputScale == 1 ? hidden : hidden * m_shape.inputScale, m_parts.input);
}

std::vector<at::Tensor> Mamba2Mixer::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                           std::span<const Removed> variants, const Run &run) const
{
    const at::Tensor rows = input(hidden);
    const at::Tensor projected = project(m_gateAndX, m_gateScales, rows, run);
    const at::Tensor z = projected.narrow(1, 0, m_inner);
    const at::Tensor x = apply(m_convolutionX, projected.narrow(1, m_inner, m_inner), sequence);
    std::vector<at::Tensor> results;
    for (const Removed &removed : variants) {
        throwIfStopped(run);
        at::Tensor y;
        if (!hasRecurrence(m_parts.logA, removed)) {
            y = withoutRecurrence(x, m_parts.D, removed);
        } else {
            const std::int64_t heads = m_parts.logA.size(0);
            const at::Tensor selected = project(m_scanInput, m_scanScales, rows, run);
            const auto slices = selected.split_with_sizes({selected.size(1) - heads, heads}, 1);
            const StateDuality operands =
                dualityOperands(m_parts, m_shape, x, apply(m_convolutionBC, slices[0], sequence), slices[1]);
            if (m_parts.tap)
                m_parts.tap(operands, sequence);
            y = apply(operands, sequence);
        }
        results.push_back(output(residual, y, z, run));
    }
    return results;
}

at::Tensor Mamba2Mixer::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece,
                                LayerState &state, const Removed &removed, const Run &run) const
{
    const at::Tensor rows = input(hidden);
    const at::Tensor projected = project(m_gateAndX, m_gateScales, rows, run);
    at::Tensor convolved = projected.narrow(1, m_inner, m_inner);
    at::Tensor dt;
    if (m_parts.logA.defined()) {
        const std::int64_t heads = m_parts.logA.size(0);
        const at::Tensor selected = project(m_scanInput, m_scanScales, rows, run);
        convolved = at::cat({convolved, selected.narrow(1, 0, selected.size(1) - heads)}, 1);
        dt = selected.narrow(1, selected.size(1) - heads, heads);
    }
    convolved = resume(m_parts.convolution, convolved, piece, state.convolution);
    const at::Tensor x = convolved.narrow(1, 0, m_inner).contiguous();
    const at::Tensor BC = convolved.narrow(1, m_inner, convolved.size(1) - m_inner);
    const at::Tensor y = hasRecurrence(m_parts.logA, removed)
                             ? resume(dualityOperands(m_parts, m_shape, x, BC, dt), piece, state.ssm)
                             : withoutRecurrence(x, m_parts.D, removed);
    return output(residual, y, projected.narrow(1, 0, m_inner), run);
}

double Mamba2Mixer::graphBytesPerToken() const
{
    // Of the inner width: z, x, x after the convolution, the duality's inputs and outputs, the gated norm's steps; and
    // for each head about eight matrices of 64 by 64 a chunk of 64 tokens.
    const double heads = m_parts.logA.defined() ? static_cast<double>(m_parts.logA.size(0)) : 0;
    return 4.0 * (16.0 * static_cast<double>(m_inner) + 8.0 * 64.0 * heads +
                  3.0 * static_cast<double>(m_scanInput.weight.size(0)));
}

at::Tensor Mamba2Mixer::output(const at::Tensor &residual, const at::Tensor &y, const at::Tensor &z,
                               const Run &run) const
{
    const RmsNorm norm{m_parts.norm, m_shape.epsilon};
    const std::int64_t group = m_shape.normByGroup ? m_inner / m_shape.groups : m_inner;
    at::Tensor inner;
    switch (m_shape.norm) {
    case GatedNorm::None:
        inner = gated(y, z);
        break;
    case GatedNorm::GateThenNorm:
        inner = applyGated(norm, y, z, group);
        break;
    case GatedNorm::NormThenGate:
        inner = gated(applyGrouped(norm, y, group), z);
        break;
    }
    Linear linear = m_parts.output;
    linear.scale = m_shape.outputScale;
    return layers::addTo(residual, linear, operand(inner, linear), run);
}

Mamba2Shape readMamba2(const io::Config &config, std::int64_t channels, Mamba2Defaults defaults)
{
    const std::int64_t inner = defaults.inner > 0 ? defaults.inner : expanded(config, "mamba_expand", channels);
    const bool bias = config.boolean("mamba_proj_bias", false);
    Mamba2Shape shape{.channels = channels,
                      .heads = size(config, "mamba_n_heads", defaults.heads),
                      .groups = size(config, "mamba_n_groups", defaults.groups),
                      .states = size(config, "mamba_d_state", defaults.states),
                      .taps = size(config, "mamba_d_conv", 4),
                      .inputBias = bias,
                      .outputBias = bias,
                      .convolutionBias = config.boolean("mamba_conv_bias", true)};
    requireMultiple(config, "mamba_n_heads", inner, shape.heads);
    requireMultiple(config, "mamba_n_groups", shape.heads, shape.groups);
    shape.headSize = inner / shape.heads;
    const bool automatic = !config.has("mamba_d_head") || config.json().at("mamba_d_head") == "auto";
    if (!automatic && config.integer("mamba_d_head") != shape.headSize)
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("expected {} (a width of {} in {} heads), found {}", shape.headSize, inner,
                                    shape.heads, config.integer("mamba_d_head")),
                        config.place("mamba_d_head"));
    return shape;
}

namespace {

/// Tensors laid out as the rows of the input projection, of the convolution, and as the inner channels.
constexpr const char *inputs[] = {"in_proj.weight", "in_proj.bias"};
constexpr const char *convolved[] = {"conv1d.weight", "conv1d.bias"};
constexpr const char *ofInner[] = {"conv1d.weight", "conv1d.bias", "norm.weight"};

/// Adds the places of a slice in a tensor, beginning at `start`.
void add(architectures::Axis &axis, const Section &section, const char *path, std::int64_t start,
         architectures::Slice slice, int dimension = 0)
{
    slice.tensor = section.name(path);
    slice.start = start;
    slice.dimension = dimension;
    axis.slices.push_back(std::move(slice));
}

/// Entry h is the h-th head of every group, so that the groups stay of one size.
void describeHeads(const Section &section, const Mamba2Shape &shape)
{
    const std::int64_t ofGroup = shape.heads / shape.groups;
    const auto wide = [&](std::int64_t width) {
        return architectures::Slice{
            .width = width, .step = width, .repeat = shape.groups, .repeatStep = ofGroup * width};
    };
    const std::int64_t inner = shape.inner();
    architectures::Axis &heads = section.axis("heads", ofGroup);
    heads.single = true;
    heads.maskIsCut = shape.norm == GatedNorm::None;
    for (const char *path : inputs) {
        add(heads, section, path, 0, wide(shape.headSize));
        add(heads, section, path, inner, wide(shape.headSize));
        add(heads, section, path, 2 * inner + shape.scanChannels(), wide(1));
    }
    for (const char *path : ofInner)
        add(heads, section, path, 0, wide(shape.headSize));
    for (const char *path : {"dt_bias", "A_log"})
        add(heads, section, path, 0, wide(1));
    add(heads, section, "D", 0, wide(shape.skipPerChannel ? shape.headSize : 1));
    add(heads, section, "out_proj.weight", 0, wide(shape.headSize), 1);
}

/// Channel p is the p-th of every head, all of which have one size.
void describeChannels(const Section &section, const Mamba2Shape &shape)
{
    const architectures::Slice slice{.repeat = shape.heads, .repeatStep = shape.headSize};
    architectures::Axis &channels = section.axis("inner_channels", shape.headSize);
    channels.maskIsCut = shape.norm == GatedNorm::None;
    channels.flops =
        static_cast<double>(shape.heads) * (5.0 * static_cast<double>(shape.states) + (shape.skipPerChannel ? 0 : 2));
    for (const char *path : inputs)
        for (const std::int64_t start : {std::int64_t{0}, shape.inner()})
            add(channels, section, path, start, slice);
    for (const char *path : ofInner)
        add(channels, section, path, 0, slice);
    if (shape.skipPerChannel)
        add(channels, section, "D", 0, slice);
    add(channels, section, "out_proj.weight", 0, slice, 1);
}

/// State n of every group.
void describeStates(const Section &section, const Mamba2Shape &shape)
{
    const architectures::Slice slice{.repeat = shape.groups, .repeatStep = shape.states};
    const std::int64_t inner = shape.inner();
    architectures::Axis &states = section.axis("state", shape.states);
    states.flops = 5.0 * static_cast<double>(inner);
    for (const std::int64_t start : {std::int64_t{0}, shape.scanChannels() / 2}) { // B, C
        for (const char *path : inputs)
            add(states, section, path, 2 * inner + start, slice);
        for (const char *path : convolved)
            add(states, section, path, inner + start, slice);
    }
}

} // namespace

void describeMamba2(const Section &section, const Mamba2Shape &shape)
{
    const std::int64_t inner = shape.inner();
    const std::int64_t bc = shape.scanChannels();
    section.linear("in_proj", 2 * inner + bc + shape.heads, shape.channels, shape.inputBias);
    section.convolution("conv1d", inner + bc, shape.taps, shape.convolutionBias);
    const Section ssm = section.part("ssm");
    const Section recurrence = ssm.part("recurrence");
    recurrence.ssmParameter("dt_bias", {shape.heads});
    // The recurrence: a product and a multiply-add for the state, a multiply-add for the output; then the skip.
    recurrence.ssmParameter("A_log", {shape.heads}).flops =
        static_cast<double>(shape.headSize) * 5.0 * static_cast<double>(shape.states);
    ssm.ssmParameter("D", {shape.skipPerChannel ? inner : shape.heads}).flops =
        shape.skipPerChannel ? 2.0 : 2.0 * static_cast<double>(shape.headSize);
    if (shape.norm != GatedNorm::None)
        section.norm("norm", inner);
    section.linear("out_proj", shape.channels, inner, shape.outputBias);
    for (const Section *part : {&ssm, &recurrence}) {
        for (const char *path : inputs)
            part->enclosing().slices.push_back(
                {.tensor = section.name(path), .start = 2 * inner, .width = bc + shape.heads});
        for (const char *path : convolved)
            part->enclosing().slices.push_back({.tensor = section.name(path), .start = inner, .width = bc});
    }
    describeHeads(section, shape);
    describeChannels(section, shape);
    describeStates(section, shape);
}

std::unique_ptr<const Mixer> buildMamba2(const Weights &weights, const std::string &path, const Mamba2Shape &shape)
{
    return std::make_unique<Mamba2Mixer>(
        Mamba2Mixer::Parts{.input = weights.linear(path + "in_proj"),
                           .convolution = {weights.at(path + "conv1d.weight"), weights.orNone(path + "conv1d.bias")},
                           .logA = weights.orNone(path + "A_log"),
                           .D = weights.orNone(path + "D"),
                           .dtBias = weights.orNone(path + "dt_bias"),
                           .norm = weights.orNone(path + "norm.weight"),
                           .output = weights.linear(path + "out_proj"),
                           .tap = weights.dualityTap(path + "A_log")},
        shape);
}

} // namespace ecdysis::layers
