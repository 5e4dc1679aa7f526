// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/shared_transformer.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

using architectures::Axis;
using architectures::Parameter;
using architectures::Slice;

namespace {

/// Of a variant, what makes a difference before the Mamba layer.
Removed ofTransformer(const Removed &removed)
{
    Removed result;
    for (const char *part : {"transformer", "attention", "mlp"})
        if (removed.contains(part))
            result.insert(part);
    return result;
}

/// Paths of the adapters of a projection, below the transformer.
std::string adapter(const std::string &projection, std::size_t ordinal, int matrix)
{
    return fmt::format("{}_adapter_list.{}.{}", projection, ordinal, matrix);
}

std::string attentionAdapter(char projection, std::size_t ordinal, int matrix)
{
    return adapter(fmt::format("self_attn.linear_{}", projection), ordinal, matrix);
}

/// A section of the shared transformer at the layer that names it; other layers' names are known as well.
class SharedSection
{
public:
    SharedSection(Section section, const Frame &frame, std::vector<int> sharing, const std::string &transformer)
        : m_section(std::move(section)), m_sharing(std::move(sharing)), m_frame(frame), m_transformer(transformer)
    {
    }

    void norm(const std::string &path, std::int64_t size) const
    {
        named(m_section.tensor(path + ".weight", {size}), path + ".weight");
    }

    void linear(const std::string &path, std::int64_t out, std::int64_t in) const
    {
        named(m_section.linear(path, out, in), path + ".weight");
    }

private:
    void named(Parameter &parameter, const std::string &path) const
    {
        for (std::size_t i = 1; i < m_sharing.size(); ++i)
            parameter.otherNames.push_back(m_frame.layerPrefix(m_sharing[i]) + m_transformer + path);
    }

    Section m_section;
    std::vector<int> m_sharing;
    const Frame &m_frame;
    const std::string &m_transformer;
};

/// The widths of the shared weights, which go from every layer's adapters as well.
void describeWidths(const Section &attention, const Section &mlp, const HybridShape &shape,
                    const std::vector<int> &sharing)
{
    const AttentionShape &heads = shape.attention;
    Axis &axis = attention.axis("attention_heads", heads.keyHeads);
    axis.single = true;
    for (const auto &[projection, count] :
         {std::pair{'q', heads.heads}, std::pair{'k', heads.keyHeads}, std::pair{'v', heads.keyHeads}}) {
        const auto add = [&, count = count](const std::string &path) {
            axis.slices.push_back(
                headSlice(attention.name(path + ".weight"), 0, 0, count, heads.keyHeads, heads.headSize));
        };
        add(fmt::format("self_attn.{}_proj", projection));
        for (int layer : sharing)
            add(attentionAdapter(projection, shape.ordinal(layer), 1));
    }
    axis.slices.push_back(
        headSlice(attention.name("self_attn.o_proj.weight"), 1, 0, heads.heads, heads.keyHeads, heads.headSize));

    Axis &channels = mlp.axis("mlp_channels", shape.mlp.inner);
    channels.slices = channelSlices(mlp.below("feed_forward."), shape.mlp);
    for (int layer : sharing)
        for (const std::int64_t start : {std::int64_t{0}, shape.mlp.inner})
            channels.slices.push_back(
                {.tensor = mlp.name(adapter("feed_forward.gate_up_proj", shape.ordinal(layer), 1) + ".weight"),
                 .start = start});
    channels.slices.push_back({.tensor = mlp.name("feed_forward.down_proj.weight"), .dimension = 1});
}

void describeShared(const Section &attention, const Section &mlp, const Frame &frame, const HybridShape &shape,
                    const std::vector<int> &sharing)
{
    const auto &[channels, heads, keyHeads, size] =
        std::tie(shape.attention.channels, shape.attention.heads, shape.attention.keyHeads, shape.attention.headSize);
    const SharedSection ofAttention(attention.sharedBy(sharing), frame, sharing, shape.transformer);
    ofAttention.norm("input_layernorm", channels);
    ofAttention.linear("self_attn.q_proj", heads * size, channels);
    ofAttention.linear("self_attn.k_proj", keyHeads * size, channels);
    ofAttention.linear("self_attn.v_proj", keyHeads * size, channels);
    ofAttention.linear("self_attn.o_proj", frame.channels, heads * size);
    const SharedSection ofMlp(mlp.sharedBy(sharing), frame, sharing, shape.transformer);
    ofMlp.norm("pre_ff_layernorm", frame.channels);
    const MlpNames &names = shape.mlp.names;
    if (names.gate == names.up) {
        ofMlp.linear("feed_forward." + names.up, 2 * shape.mlp.inner, frame.channels);
    } else {
        ofMlp.linear("feed_forward." + names.gate, shape.mlp.inner, frame.channels);
        ofMlp.linear("feed_forward." + names.up, shape.mlp.inner, frame.channels);
    }
    ofMlp.linear("feed_forward." + names.down, frame.channels, shape.mlp.inner);
    describeWidths(attention, mlp, shape, sharing);
}

/// The adapters of one layer, which lie with the weights that it shares.
void describeAdapters(const Section &attention, const Section &mlp, const Frame &frame, const HybridShape &shape,
                      const std::vector<int> &sharing)
{
    const std::size_t ordinal = shape.ordinal(attention.layer());
    const auto add = [&](const Section &section, const std::string &adapted, const std::string &path, std::int64_t out,
                         std::int64_t in) {
        Parameter &weight = section.linear(path, out, in);
        weight.adapts = section.name(adapted + ".weight");
        for (std::size_t i = 1; i < sharing.size(); ++i)
            weight.otherNames.push_back(frame.layerPrefix(sharing[i]) + shape.transformer + path + ".weight");
    };
    const AttentionShape &heads = shape.attention;
    if (shape.attentionRank > 0)
        for (const auto &[projection, count] :
             {std::pair{'q', heads.heads}, std::pair{'k', heads.keyHeads}, std::pair{'v', heads.keyHeads}}) {
            const std::string adapted = fmt::format("self_attn.{}_proj", projection);
            add(attention, adapted, attentionAdapter(projection, ordinal, 0), shape.attentionRank, heads.channels);
            add(attention, adapted, attentionAdapter(projection, ordinal, 1), count * heads.headSize,
                shape.attentionRank);
        }
    if (shape.mlpRank > 0) {
        const std::string adapted = "feed_forward.gate_up_proj";
        add(mlp, adapted, adapter(adapted, ordinal, 0), shape.mlpRank, frame.channels);
        add(mlp, adapted, adapter(adapted, ordinal, 1), 2 * shape.mlp.inner, shape.mlpRank);
    }
}

} // namespace

at::Tensor apply(const AdaptedLinear &linear, const at::Tensor &x, const Run &run)
{
    const at::Tensor input = operand(x, linear.linear);
    if (!linear.down.weight.defined())
        return apply(linear.linear, input, run);
    const at::Tensor narrow = apply(linear.down, input, run);
    return addTo(apply(linear.linear, input, run), linear.up, operand(narrow, linear.up), run);
}

at::Tensor HybridLayer::attention(const at::Tensor &residual, const at::Tensor &embedding, const Piece &piece,
                                  LayerState *state, const Run &run) const
{
    const at::Tensor input = layers::apply(m_parts.attentionNorm, at::cat({residual, embedding}, 1));
    const Places places = placesAfter(state);
    const auto heads = [&](const AdaptedLinear &linear) {
        return splitHeads(layers::apply(linear, input, run), piece.sequence, m_attention.headSize);
    };
    const at::Tensor query = rotated(heads(m_parts.query), m_attention.rope, places);
    const at::Tensor key = rotated(heads(m_parts.key), m_attention.rope, places);
    const at::Tensor value = heads(m_parts.value);
    const auto &[scale, mask] = std::tie(m_attention.scale, m_attention.mask);
    const at::Tensor read = mergeHeads(state ? attendNext(query, key, value, scale, mask, piece, *state, run)
                                             : attend(query, key, value, scale, mask, {}, run));
    return layers::apply(m_parts.output, operand(read, m_parts.output), run);
}

at::Tensor HybridLayer::mlp(const at::Tensor &x, const Run &run) const
{
    const at::Tensor hidden = layers::apply(m_parts.mlpNorm, x);
    const at::Tensor inner =
        activated(layers::apply(m_parts.gate, hidden, run), m_function) * layers::apply(m_parts.up, hidden, run);
    return layers::apply(m_parts.down, operand(inner, m_parts.down), run);
}

at::Tensor HybridLayer::transformer(const at::Tensor &residual, const at::Tensor &embedding, const Piece &piece,
                                    LayerState *state, const Removed &removed, const Run &run) const
{
    if (!m_parts.linear.weight.defined() || removed.contains("transformer"))
        return {};
    at::Tensor x = residual;
    if (m_parts.output.weight.defined() && !removed.contains("attention"))
        x = attention(x, embedding, piece, state, run);
    if (m_parts.down.weight.defined() && !removed.contains("mlp"))
        x = mlp(x, run);
    return layers::apply(m_parts.linear, operand(x, m_parts.linear), run);
}

std::vector<Stream> HybridLayer::apply(const Stream &stream, std::span<const Removed> variants, const Run &run) const
{
    const Sequence sequence{stream.residual.size(0), stream.residual.size(1)};
    const at::Tensor residual = stream.residual.flatten(0, 1);
    std::map<Removed, at::Tensor> inputs; // of the Mamba layer
    for (const Removed &variant : variants)
        if (const Removed removed = ofTransformer(variant); !inputs.contains(removed)) {
            const at::Tensor added =
                transformer(residual, stream.carried.at(0).flatten(0, 1), {sequence}, nullptr, removed, run);
            inputs[removed] = added.defined() ? residual + added : residual;
        }
    std::vector<Stream> results(variants.size(), stream);
    for (const auto &[removed, input] : inputs) {
        std::vector<std::size_t> members;
        std::vector<Removed> ofMamba;
        for (std::size_t i = 0; i < variants.size(); ++i) {
            if (ofTransformer(variants[i]) != removed)
                continue;
            if (hasMamba(variants[i])) {
                members.push_back(i);
                ofMamba.push_back(layers::inside(*m_parts.mamba, variants[i]));
            } else {
                results[i].residual = input.view(stream.residual.sizes());
            }
        }
        if (members.empty())
            continue;
        const auto outputs =
            m_parts.mamba->addTo(residual, layers::apply(m_parts.mambaNorm, input), sequence, ofMamba, run);
        for (std::size_t i = 0; i < members.size(); ++i)
            results[members[i]].residual = outputs[i].view(stream.residual.sizes());
    }
    return results;
}

Stream HybridLayer::resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                           const Run &run) const
{
    const Piece piece{{stream.residual.size(0), stream.residual.size(1)}, lengths};
    const at::Tensor residual = stream.residual.flatten(0, 1);
    const at::Tensor added = transformer(residual, stream.carried.at(0).flatten(0, 1), piece, &state, removed, run);
    const at::Tensor input = added.defined() ? residual + added : residual;
    const at::Tensor output =
        hasMamba(removed)
            ? m_parts.mamba->addNext(residual, layers::apply(m_parts.mambaNorm, input), piece, state, removed, run)
            : input;
    return {output.view(stream.residual.sizes()), stream.carried};
}

double HybridLayer::graphBytesPerToken() const
{
    double floats = 0;
    if (m_parts.output.weight.defined())
        floats += (8.0 + 2.0 * 2048.0 / static_cast<double>(m_attention.headSize)) *
                  static_cast<double>(m_parts.output.weight.size(1));
    if (m_parts.down.weight.defined())
        floats += 6.0 * static_cast<double>(m_parts.down.weight.size(1));
    return 4.0 * floats + (m_parts.mamba ? m_parts.mamba->graphBytesPerToken() : 0);
}

bool HybridShape::isHybrid(int layer) const
{
    return std::ranges::find(layers, layer) != layers.end();
}

std::size_t HybridShape::ordinal(int layer) const
{
    return static_cast<std::size_t>(std::ranges::find(layers, layer) - layers.begin());
}

std::vector<int> HybridShape::sharing(int layer) const
{
    std::vector<int> result;
    for (std::size_t i = ordinal(layer) % blocks; i < layers.size(); i += blocks)
        result.push_back(layers[i]);
    return result;
}

void describeTransformer(const Section &layer, const Frame &frame, const HybridShape &shape)
{
    const Section own = layer.part("transformer");
    const std::vector<int> sharing = shape.sharing(layer.layer());
    const std::string owner = frame.layerPrefix(sharing.front()) + shape.transformer;
    const Section attention = own.part("attention").at(owner);
    const Section mlp = own.part("mlp").at(owner);
    if (sharing.front() == layer.layer())
        describeShared(attention, mlp, frame, shape, sharing);
    describeAdapters(attention, mlp, frame, shape, sharing);
    own.linear("linear", frame.channels, frame.channels);
}

nlohmann::json remainingTypes(const io::Config &config, const HybridShape &shape, const Remains &remains)
{
    const auto types = config.strings("layers_block_type");
    const char *mamba = types && std::ranges::count(*types, "linear_attention") > 0 ? "linear_attention" : "mamba";
    nlohmann::json left = nlohmann::json::array();
    for (int layer : remains.layers) {
        const bool transformer = !remains.gone[static_cast<std::size_t>(layer)].contains("transformer");
        left.push_back(shape.isHybrid(layer) && transformer ? "hybrid" : mamba);
    }
    return left;
}

AttentionShape readSharedAttention(const io::Config &config, std::int64_t channels, std::int64_t heads)
{
    AttentionShape shape{.channels = size(config, "attention_hidden_size", 2 * channels),
                         .heads = size(config, "num_attention_heads", heads)};
    if (shape.channels != 2 * channels)
        refuse(config, "attention_hidden_size", "twice the hidden size");
    shape.keyHeads = size(config, "num_key_value_heads", shape.heads);
    requireMultiple(config, "num_key_value_heads", shape.heads, shape.keyHeads);
    shape.headSize = size(config, "attention_head_dim", std::max<std::int64_t>(1, shape.channels / shape.heads));
    shape.scale = 1 / std::sqrt(static_cast<double>(shape.headSize) / 2);
    return shape;
}

namespace {

/// A hybrid layer without its Mamba half.
HybridLayer::Parts buildTransformer(const Weights &weights, const Frame &frame, int index, const HybridShape &shape)
{
    const std::string path = frame.layerPrefix(shape.sharing(index).front()) + shape.transformer;
    const std::size_t ordinal = shape.ordinal(index);
    const auto adapted = [&](char projection) {
        return AdaptedLinear{weights.linear(fmt::format("{}self_attn.{}_proj", path, projection)),
                             weights.linear(path + attentionAdapter(projection, ordinal, 0)),
                             weights.linear(path + attentionAdapter(projection, ordinal, 1))};
    };
    HybridLayer::Parts parts;
    parts.attentionNorm = {weights.orNone(path + "input_layernorm.weight"), frame.epsilon};
    parts.query = adapted('q');
    parts.key = adapted('k');
    parts.value = adapted('v');
    parts.output = weights.linear(path + "self_attn.o_proj");
    parts.mlpNorm = {weights.orNone(path + "pre_ff_layernorm.weight"), frame.epsilon};
    if (weights.contains(path + "feed_forward.down_proj.weight")) {
        const Mlp mlp = buildMlp(weights, path + "feed_forward.", shape.mlp);
        parts.gate.linear = mlp.gate;
        parts.up.linear = mlp.up;
        parts.down = mlp.down;
        const Linear down = weights.linear(path + adapter("feed_forward.gate_up_proj", ordinal, 0));
        const Linear up = weights.linear(path + adapter("feed_forward.gate_up_proj", ordinal, 1));
        if (up.weight.defined()) {
            const std::int64_t inner = up.weight.size(0) / 2;
            parts.gate.down = parts.up.down = down;
            parts.gate.up = outputs(up, 0, inner);
            parts.up.up = outputs(up, inner, inner);
        }
    }
    parts.linear = weights.linear(frame.layerPrefix(index) + "linear");
    return parts;
}

} // namespace

std::unique_ptr<const architectures::Network>
buildHybridNetwork(const Frame &frame, const Weights &weights, const HybridShape &shape,
                   const std::function<std::unique_ptr<const Mixer>(const std::string &)> &mamba)
{
    LayeredNetwork::Parts parts = buildFrame(frame, weights);
    parts.carriesEmbedding = true;
    for (int index = 0; index < static_cast<int>(frame.layers); ++index) {
        const std::string prefix = frame.layerPrefix(index);
        if (!shape.isHybrid(index)) {
            parts.layers.push_back(LayerBuilder(weights, prefix, frame.epsilon)
                                       .sublayer("input_layernorm")
                                       .branch({}, "input_layernorm.weight", [&] { return mamba(prefix + "mamba."); })
                                       .finish());
            continue;
        }
        HybridLayer::Parts layer = buildTransformer(weights, frame, index, shape);
        const std::string decoder = prefix + "mamba_decoder.";
        if (weights.contains(decoder + "input_layernorm.weight")) {
            layer.mambaNorm = {weights.at(decoder + "input_layernorm.weight"), frame.epsilon};
            layer.mamba = mamba(decoder + "mamba.");
        }
        parts.layers.push_back(std::make_unique<HybridLayer>(std::move(layer), shape.attention, shape.mlp.function));
    }
    return std::make_unique<LayeredNetwork>(std::move(parts));
}

} // namespace ecdysis::layers
