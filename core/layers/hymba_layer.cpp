// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/hymba_layer.h"

#include <algorithm>
#include <cmath>

#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

using architectures::Axis;
using architectures::Parameter;
using architectures::Slice;

std::pair<int, std::vector<int>> KeySharing::of(int layer) const
{
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (std::ranges::find(groups[i], layer) != groups[i].end())
            return {static_cast<int>(i), groups[i]};
    return {-1, {layer}};
}

bool KeySharing::isConsumer(int layer) const
{
    return of(layer).second.front() != layer;
}

Mask HymbaShape::maskOf(int layer) const
{
    if (window == 0 || std::ranges::find(globalLayers, layer) != globalLayers.end())
        return {};
    return {window, metaTokens};
}

HymbaLayer::HymbaLayer(Parts parts, const HymbaShape &shape, int index)
    : m_parts(std::move(parts)), m_mask(shape.maskOf(index)), m_rope(shape.rope), m_headSize(shape.headSize),
      m_served(shape.served()), m_consumer(shape.sharing.isConsumer(index))
{
    const auto [group, members] = shape.sharing.of(index);
    // Layers that share nothing use the two places after those of the groups.
    m_place = 2 * (group >= 0 ? static_cast<std::size_t>(group) : shape.sharing.groups.size());
    m_lastUse = members.back() == index;
    m_rows = rows();
}

HymbaLayer::Rows HymbaLayer::rows() const
{
    Rows rows;
    if (!m_parts.output.weight.defined())
        return rows;
    const std::int64_t inner = m_parts.output.weight.size(1);
    rows.x = m_parts.convolution.weight.defined() ? inner : 0;
    rows.z = m_parts.ssmNorm.weight.defined() ? inner : 0;
    const std::int64_t heads = m_parts.input.weight.size(0) - rows.x - rows.z;
    if (heads == 0)
        return rows;
    const bool attention = m_parts.attentionNorm.weight.defined();
    if (m_consumer) {
        rows.query = heads;
        return rows;
    }
    rows.value = inner / m_served;
    rows.key = (heads - rows.value) / (attention ? 1 + m_served : 1);
    rows.query = attention ? rows.key * m_served : 0;
    return rows;
}

bool HymbaLayer::hasAttention(const Removed &removed) const
{
    return m_parts.attentionNorm.weight.defined() && !removed.contains("attention");
}

bool HymbaLayer::hasSsm(const Removed &removed) const
{
    return m_parts.ssmNorm.weight.defined() && !removed.contains("ssm");
}

at::Tensor HymbaLayer::attention(const at::Tensor &query, const std::vector<at::Tensor> &carried, Sequence sequence,
                                 const Places &places, const Run &run) const
{
    const at::Tensor heads = rotated(splitHeads(query, sequence, m_headSize), m_rope, places);
    const double scale = 1 / std::sqrt(static_cast<double>(m_headSize));
    return mergeHeads(attend(heads, carried[m_place], carried[m_place + 1], scale, m_mask, places.starts, run));
}

at::Tensor HymbaLayer::mixed(const at::Tensor &residual, std::vector<at::Tensor> &carried, const Piece &piece,
                             LayerState *state, const Removed &removed, const Run &run) const
{
    const at::Tensor hidden = layers::apply(m_parts.norm, residual);
    const at::Tensor projected = layers::apply(m_parts.input, operand(hidden, m_parts.input), run);
    const auto slices = projected.split_with_sizes({m_rows.query, m_rows.key, m_rows.value, m_rows.x, m_rows.z}, 1);
    const Sequence sequence = piece.sequence;
    const Places places = placesAfter(state);
    if (makesKeys()) {
        at::Tensor key = rotated(splitHeads(slices[1], sequence, m_headSize), m_rope, places);
        const std::int64_t keyHeads = m_rows.key / m_headSize;
        at::Tensor value = splitHeads(slices[2], sequence, m_rows.value / keyHeads);
        if (state)
            std::tie(key, value) = remember(*state, key, value);
        carried.resize(std::max(carried.size(), m_place + 2));
        carried[m_place] = key;
        carried[m_place + 1] = value;
    } else if (state) {
        state->length += sequence.time;
    }
    if (state)
        alignEnds(*state, piece);

    at::Tensor x;
    if (m_parts.convolution.weight.defined())
        x = state ? layers::resume(m_parts.convolution, slices[3], piece, state->convolution)
                  : layers::apply(m_parts.convolution, slices[3], sequence);
    const bool ofAttention = hasAttention(removed);
    const bool ofSsm = hasSsm(removed);
    at::Tensor output = x;
    if (ofAttention)
        output = layers::apply(m_parts.attentionNorm, attention(slices[0], carried, sequence, places, run));
    if (ofSsm) {
        const at::Tensor y = state ? layers::resume(m_parts.ssm, x, slices[4], piece, state->ssm, removed, run)
                                   : layers::apply(m_parts.ssm, x, slices[4], sequence, removed, run);
        const at::Tensor normalised = layers::apply(m_parts.ssmNorm, y);
        output = ofAttention ? (output + normalised) / 2 : normalised;
    }
    return layers::addTo(residual, m_parts.output, operand(output, m_parts.output), run);
}

std::vector<Stream> HymbaLayer::apply(const Stream &stream, std::span<const Removed> variants, const Run &run) const
{
    const Sequence sequence{stream.residual.size(0), stream.residual.size(1)};
    const at::Tensor residual = stream.residual.flatten(0, 1);
    std::vector<Stream> results(variants.size(), stream);
    std::vector<at::Tensor> residuals(variants.size(), residual);
    for (std::size_t i = 0; i < variants.size(); ++i) {
        throwIfStopped(run);
        if (hasMixer(variants[i]))
            residuals[i] = mixed(residual, results[i].carried, {sequence}, nullptr, variants[i], run);
        if (m_lastUse)
            for (std::size_t place = m_place; place < std::min(m_place + 2, results[i].carried.size()); ++place)
                results[i].carried[place] = at::Tensor();
    }
    layers::addTo(residuals, m_parts.mlp, sequence, variants, run);
    for (std::size_t i = 0; i < variants.size(); ++i)
        results[i].residual = residuals[i].view(stream.residual.sizes());
    return results;
}

Stream HymbaLayer::resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                          const Run &run) const
{
    const Piece piece{{stream.residual.size(0), stream.residual.size(1)}, lengths};
    Stream result = stream;
    at::Tensor residual = stream.residual.flatten(0, 1);
    if (hasMixer(removed))
        residual = mixed(residual, result.carried, piece, &state, removed, run);
    const at::Tensor hidden = m_parts.mlp.branches.empty() ? residual : layers::apply(m_parts.mlp.norm, residual);
    for (const Branch &branch : m_parts.mlp.branches)
        if (remains(branch, removed))
            residual = branch.mixer->addNext(residual, hidden, piece, state, removed, run);
    result.residual = residual.view(stream.residual.sizes());
    return result;
}

double HymbaLayer::graphBytesPerToken() const
{
    double bytes = 0;
    if (m_parts.output.weight.defined())
        bytes += 4.0 * (12.0 + 2.0 * 2048.0 / static_cast<double>(m_headSize)) *
                     static_cast<double>(m_parts.output.weight.size(1)) +
                 layers::graphBytesPerToken(m_parts.ssm);
    for (const Branch &branch : m_parts.mlp.branches)
        bytes += branch.mixer->graphBytesPerToken();
    return bytes;
}

namespace {

/// Where the rows of a layer's input projection begin.
struct Starts
{
    Starts(const HymbaShape &shape, bool consumer)
        : key(shape.heads * shape.headSize), value(key + (consumer ? 0 : shape.keyHeads * shape.headSize)),
          x(value + (consumer ? 0 : shape.inner() / shape.served())), z(x + shape.inner())
    {
    }

    std::int64_t key, value, x, z;
};

/// Adds to an axis what an entry takes of the inner channels of one layer; `slice` says which of them.
void addInner(Axis &axis, const std::string &path, const Starts &starts, const Slice &slice)
{
    const auto add = [&](const char *name, std::int64_t start, int dimension) {
        Slice part = slice;
        part.tensor = path + name;
        part.start = start;
        part.dimension = dimension;
        axis.slices.push_back(part);
    };
    for (const char *name : {"in_proj.weight", "in_proj.bias"})
        for (const std::int64_t start : {starts.x, starts.z})
            add(name, start, 0);
    for (const char *name : {"conv1d.weight", "conv1d.bias", "dt_proj.0.weight", "dt_proj.0.bias", "A_log.0", "D.0",
                             "pre_avg_layernorm1.weight", "pre_avg_layernorm2.weight"})
        add(name, 0, 0);
    for (const char *name : {"x_proj.0.weight", "out_proj.weight"})
        add(name, 0, 1);
}

/// The widths of heads and channels, which all layers that share keys and values lose together.
void describeSharedWidths(const Section &mixer, const HymbaShape &shape, const std::function<std::string(int)> &prefix)
{
    const std::vector<int> members = shape.sharing.of(mixer.layer()).second;
    const std::int64_t valueSize = shape.inner() / shape.heads;
    const std::int64_t group = shape.served() * valueSize; // inner channels of a key head
    Axis heads{.kind = "attention_heads", .layer = mixer.layer(), .size = shape.keyHeads, .slices = {}};
    heads.single = true;
    heads.maskIsCut = false;
    Axis channels{.kind = "inner_channels", .layer = mixer.layer(), .size = valueSize, .slices = {}};
    channels.maskIsCut = false;
    for (int layer : members) {
        const bool consumer = shape.sharing.isConsumer(layer);
        const std::string path = prefix(layer) + "mamba.";
        const Starts starts(shape, consumer);
        addInner(heads, path, starts, {.width = group, .step = group});
        addInner(channels, path, starts, {.repeat = shape.heads, .repeatStep = valueSize});
        for (const char *name : {"in_proj.weight", "in_proj.bias"}) {
            heads.slices.push_back(headSlice(path + name, 0, 0, shape.heads, shape.keyHeads, shape.headSize));
            if (consumer)
                continue;
            heads.slices.push_back(
                headSlice(path + name, 0, starts.key, shape.keyHeads, shape.keyHeads, shape.headSize));
            heads.slices.push_back(headSlice(path + name, 0, starts.value, shape.keyHeads, shape.keyHeads, valueSize));
            channels.slices.push_back(
                {.tensor = path + name, .start = starts.value, .repeat = shape.keyHeads, .repeatStep = valueSize});
        }
    }
    for (Axis &axis : {std::ref(heads), std::ref(channels)})
        mixer.axis(axis.kind, axis.size) = axis;
}

} // namespace

void describeHymbaMixer(const Section &layer, const HymbaShape &shape, const std::function<std::string(int)> &prefix)
{
    const auto [group, members] = shape.sharing.of(layer.layer());
    const bool consumer = shape.sharing.isConsumer(layer.layer());
    const bool shares = members.size() > 1 && !consumer;
    const std::int64_t inner = shape.inner();
    const Starts starts(shape, consumer);

    const Section mixer = layer.part("mixer");
    const Section attention = mixer.part("attention");
    const Section ssm = mixer.part("ssm");
    if (shares)
        for (const Section *section : {&layer, &mixer})
            for (std::size_t i = 1; i < members.size(); ++i)
                section->enclosing().needs.push_back(unitId("attention", members[i]));
    mixer.norm("input_layernorm", shape.channels);
    const Section path = mixer.below("mamba.");
    path.linear("in_proj", starts.z + inner, shape.channels, shape.bias);
    attention.below("mamba.").norm("pre_avg_layernorm1", inner);

    // x and its convolution are what is left of a mixer without both.
    const Section below = ssm.below("mamba.");
    below.convolution("conv1d", inner, shape.taps, shape.convolutionBias);
    below.stays("conv1d", "attention");
    const Section recurrence = below.part("recurrence");
    recurrence.linear("x_proj.0", shape.rank + 2 * shape.states, inner);
    recurrence.linear("dt_proj.0", inner, shape.rank);
    recurrence.ssmParameter("dt_proj.0.bias", {inner});
    recurrence.ssmParameter("A_log.0", {inner, shape.states}).flops = 7;
    below.ssmParameter("D.0", {inner}).flops = 2;
    recurrence.norm("dt_layernorm", shape.rank);
    recurrence.norm("B_layernorm", shape.states);
    recurrence.norm("C_layernorm", shape.states);
    below.norm("pre_avg_layernorm2", inner);
    path.linear("out_proj", shape.channels, inner, shape.bias);

    for (const char *name : {"in_proj.weight", "in_proj.bias"}) {
        attention.enclosing().slices.push_back({.tensor = path.name(name), .width = shares ? starts.key : starts.x});
        ssm.enclosing().slices.push_back(
            {.tensor = path.name(name), .start = starts.x, .width = inner, .stays = "attention"});
        ssm.enclosing().slices.push_back({.tensor = path.name(name), .start = starts.z, .width = inner});
    }

    if (!consumer)
        describeSharedWidths(mixer, shape, prefix);
    Axis &states = mixer.axis("state", shape.states);
    states.maskIsCut = false;
    states.slices = {{.tensor = path.name("x_proj.0.weight"), .start = shape.rank},
                     {.tensor = path.name("x_proj.0.weight"), .start = shape.rank + shape.states},
                     {.tensor = path.name("A_log.0"), .dimension = 1},
                     {.tensor = path.name("B_layernorm.weight")},
                     {.tensor = path.name("C_layernorm.weight")}};
    Axis &step = mixer.axis("dt_rank", shape.rank);
    step.maskIsCut = false;
    step.slices = {{.tensor = path.name("x_proj.0.weight")},
                   {.tensor = path.name("dt_proj.0.weight"), .dimension = 1},
                   {.tensor = path.name("dt_layernorm.weight")}};
}

HymbaLayer::Parts buildHymbaMixer(const Weights &weights, const std::string &prefix, const HymbaShape &shape)
{
    const std::string path = prefix + "mamba.";
    const auto norm = [&](const std::string &name) { return RmsNorm{weights.orNone(name + ".weight"), shape.epsilon}; };
    HymbaLayer::Parts parts;
    parts.norm = norm(prefix + "input_layernorm");
    parts.input = weights.linear(path + "in_proj");
    parts.convolution = {weights.orNone(path + "conv1d.weight"), weights.orNone(path + "conv1d.bias")};
    parts.ssm = {.scanInput = weights.linear(path + "x_proj.0"),
                 .step = weights.linear(path + "dt_proj.0"),
                 .logA = weights.orNone(path + "A_log.0"),
                 .D = weights.orNone(path + "D.0"),
                 .normalised = true,
                 .stepNorm = norm(path + "dt_layernorm"),
                 .normB = norm(path + "B_layernorm"),
                 .normC = norm(path + "C_layernorm"),
                 .tap = weights.scanTap(path + "A_log.0")};
    parts.attentionNorm = norm(path + "pre_avg_layernorm1");
    parts.ssmNorm = norm(path + "pre_avg_layernorm2");
    parts.output = weights.linear(path + "out_proj");
    return parts;
}

} // namespace ecdysis::layers
