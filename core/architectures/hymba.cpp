// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/frame.h"
#include "core/layers/hymba_layer.h"
#include "core/layers/mlp.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    layers::HymbaShape mixer;
    layers::MlpShape mlp; ///< inner 0: none
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "hymba";
}

/// The base of the static NTK scaling that the released model has: theta · (2 s - 1)^(d / (d - 2)), s being how much
/// longer its sequences are than those it was trained with first.
layers::Rope readRope(const io::Config &config, std::int64_t headSize)
{
    if (!config.boolean("rope", false))
        return {};
    layers::Rope rope{headSize, config.number("rope_theta", 10000)};
    const std::string type = config.string("rope_type", "default");
    if (type == "default")
        return rope;
    if (type != "ntk")
        layers::refuse(config, "rope_type", "ntk or default");
    const double longer =
        config.number("max_position_embeddings", 2048) / config.number("orig_max_position_embeddings", 2048);
    const auto size = static_cast<double>(headSize);
    rope.base *= std::pow(2 * longer - 1, size / (size - 2));
    return rope;
}

/// Groups of kv_reuse_group, or a layer that makes keys and values every few.
layers::KeySharing readSharing(const io::Config &config, std::int64_t layers)
{
    layers::KeySharing sharing;
    const std::int64_t every = config.integer("kv_reuse_every_i_layer", -1);
    for (std::int64_t first = 0; every > 1 && first < layers; first += every) {
        std::vector<int> group;
        for (std::int64_t layer = first; layer < std::min(first + every, layers); ++layer)
            group.push_back(static_cast<int>(layer));
        if (group.size() > 1)
            sharing.groups.push_back(group);
    }
    if (!config.has("kv_reuse_group"))
        return sharing;
    const auto &groups = config.json().at("kv_reuse_group");
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto place = fmt::format("kv_reuse_group[{}]", i);
        std::vector<int> group;
        for (const auto &layer : groups[i]) {
            const bool known = layer.is_number_integer() && layer >= 0 && layer < layers;
            if (!known || (!group.empty() && layer <= group.back()))
                throw Exception(ErrorCode::BadFormat,
                                fmt::format("expected layers below {}, ascending, found {}", layers, groups[i].dump()),
                                config.place(place));
            group.push_back(layer.get<int>());
        }
        if (group.size() > 1)
            sharing.groups.push_back(std::move(group));
    }
    return sharing;
}

void refuseOptions(const io::Config &config)
{
    layers::require(config, "hidden_act", "silu");
    layers::require(config, "kq_norm", "none");
    layers::requireFlag(config, "mamba_inner_layernorms", true);
    for (const char *key : {"attn_hidden_size", "kq_head_dim"})
        if (config.integer(key, -1) != -1)
            layers::refuse(config, key, "-1");
    if (config.integer("memory_tokens_interspersed_every", 0) != 0)
        layers::refuse(config, "memory_tokens_interspersed_every", "0");
    for (const char *key : {"num_mamba", "num_experts"})
        if (config.integer(key, 1) != 1)
            layers::refuse(config, key, "1");
}

layers::HymbaShape readMixer(const io::Config &config, const layers::Frame &frame)
{
    layers::HymbaShape mixer{.channels = frame.channels,
                             .heads = layers::size(config, "num_attention_heads", 32),
                             .keyHeads = layers::size(config, "num_key_value_heads", 8),
                             .expand = layers::size(config, "mamba_expand", 2),
                             .states = layers::size(config, "mamba_d_state", 16),
                             .rank = layers::stepRank(config, "mamba_dt_rank", frame.channels),
                             .taps = layers::size(config, "mamba_d_conv", 4),
                             .convolutionBias = config.boolean("mamba_conv_bias", true),
                             .bias = config.boolean("mamba_proj_bias", false),
                             .epsilon = frame.epsilon,
                             .window = layers::count(config, "sliding_window", 0),
                             .metaTokens = layers::count(config, "num_memory_tokens", 0)};
    layers::requireMultiple(config, "num_attention_heads", frame.channels, mixer.heads);
    layers::requireMultiple(config, "num_key_value_heads", mixer.heads, mixer.keyHeads);
    mixer.headSize = frame.channels / mixer.heads;
    mixer.rope = readRope(config, mixer.headSize);
    for (std::int64_t layer : config.integers("global_attn_idx").value_or(std::vector<std::int64_t>{}))
        mixer.globalLayers.push_back(static_cast<int>(layer));
    mixer.sharing = readSharing(config, frame.layers);
    return mixer;
}

Shape read(const io::Config &config)
{
    refuseOptions(config);
    Shape shape{.frame = layers::readFrame(
                    config, {.vocabulary = 65536, .channels = 4096, .layers = 32, .epsilon = 1e-6, .tied = false})};
    shape.mixer = readMixer(config, shape.frame);
    shape.mlp = {.channels = shape.frame.channels,
                 .inner = layers::count(config, "intermediate_size", 14336),
                 .function = layers::activation(config, "mlp_hidden_act", "silu")};
    if (shape.mlp.function == layers::Activation::SquaredRelu)
        shape.mlp.names.gate.clear();
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Shape shape = read(config);
    const layers::Frame &frame = shape.frame;
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int) {
        if (into.layers() == 0 && shape.mixer.metaTokens > 0)
            layers::Section(into, frame.prefix).tensor("memory_tokens", {shape.mixer.metaTokens, frame.channels});
        const layers::Section layer = layers::layerSection(into, frame, "hybrid");
        layers::describeHymbaMixer(layer, shape.mixer, [&](int index) { return frame.layerPrefix(index); });
        if (shape.mlp.inner > 0) {
            const layers::Section mlp = layer.part("mlp");
            mlp.norm("pre_moe_layernorm", frame.channels);
            layers::describeMlp(mlp.below("moe.experts.0."), shape.mlp);
        }
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_intermediate_size", shape.mixer.inner()},
                            {"state_size", shape.mixer.states},
                            {"time_step_rank", shape.mixer.rank},
                            {"num_attention_heads", shape.mixer.heads},
                            {"num_key_value_heads", shape.mixer.keyHeads},
                            {"sliding_window", shape.mixer.window},
                            {"num_memory_tokens", shape.mixer.metaTokens},
                            {"intermediate_size", shape.mlp.inner},
                            {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    layers::LayeredNetwork::Parts parts = layers::buildFrame(shape.frame, weights);
    parts.metaTokens = weights.orNone(shape.frame.prefix + "memory_tokens");
    for (int index = 0; index < static_cast<int>(shape.frame.layers); ++index) {
        const std::string prefix = shape.frame.layerPrefix(index);
        layers::HymbaLayer::Parts layer = layers::buildHymbaMixer(weights, prefix, shape.mixer);
        layer.mlp.norm = {weights.orNone(prefix + "pre_moe_layernorm.weight"), shape.frame.epsilon};
        if (layer.mlp.norm.weight.defined())
            layer.mlp.branches.push_back(
                {{"mlp"}, layers::buildMlpMixer(weights, prefix + "moe.experts.0.", shape.mlp)});
        parts.layers.push_back(std::make_unique<layers::HymbaLayer>(std::move(layer), shape.mixer, index));
    }
    return std::make_unique<layers::LayeredNetwork>(std::move(parts));
}

/// Of the groups of layers that share keys and values, the layers that are left.
nlohmann::json remainingGroups(const layers::KeySharing &sharing, const Remains &remains)
{
    nlohmann::json groups = nlohmann::json::array();
    for (const std::vector<int> &group : sharing.groups) {
        nlohmann::json left = nlohmann::json::array();
        for (int layer : group)
            if (layers::isLeft(remains, layer))
                left.push_back(layers::numberLeft(remains, layer));
        if (left.size() > 1)
            groups.push_back(std::move(left));
    }
    return groups;
}

/// An object with a value for each layer that is left, its number being the key.
nlohmann::json remainingByNumber(const nlohmann::json &values, const Remains &remains)
{
    nlohmann::json left = nlohmann::json::object();
    for (int layer : remains.layers)
        if (const auto found = values.find(std::to_string(layer)); found != values.end())
            left[std::to_string(layers::numberLeft(remains, layer))] = *found;
    return left;
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    layers::RemainingConfig left(config, remains);
    left.layers("num_hidden_layers").layerNumbers("global_attn_idx").itemPerLayer("layer_type");
    const layers::KeySharing sharing = read(config).mixer.sharing;
    if (!sharing.groups.empty())
        left.set("kv_reuse_every_i_layer", -1).set("kv_reuse_group", remainingGroups(sharing, remains));
    if (config.has("conv_dim"))
        left.set("conv_dim", remainingByNumber(config.json().at("conv_dim"), remains));
    return left.config();
}

constexpr StockLoader stockLoaders[] = {{"block", "transformers (remote code)"}};

} // namespace

/// Hymba (Dong et al., arXiv 2411.13676): attention and Mamba side by side, meta tokens before every sequence, keys and
/// values shared by layers.
extern const Architecture hymba;
const Architecture hymba{.id = "hymba",
                         .title = "Hymba",
                         .hiddenStates = HiddenStates::FromEmbedding,
                         .stockLoaders = stockLoaders,
                         .recognise = recognises,
                         .describe = describe,
                         .build = build,
                         .configOf = configOf};

} // namespace ecdysis::architectures
