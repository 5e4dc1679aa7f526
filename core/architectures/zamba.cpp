// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "core/architectures/architecture.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"
#include "core/layers/shared_transformer.h"
#include "core/layers/zamba_mixer.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    layers::ZambaMixerShape mamba;
    layers::HybridShape hybrid;
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "zamba";
}

/// Two layers of Mamba, a hybrid one, then a hybrid one in each period.
std::vector<std::string> periodicTypes(const io::Config &config, std::int64_t layers)
{
    const std::int64_t period = layers::size(config, "attn_layer_period", 6);
    const std::int64_t offset = layers::count(config, "attn_layer_offset", 4);
    std::vector<std::string> types = {"mamba", "mamba", "hybrid"};
    for (std::int64_t i = 0; static_cast<std::int64_t>(types.size()) < layers; ++i)
        types.emplace_back(i % period == offset ? "hybrid" : "mamba");
    types.resize(static_cast<std::size_t>(layers));
    return types;
}

Shape read(const io::Config &config)
{
    layers::require(config, "hidden_mamba_act", "silu");
    Shape shape{.frame = layers::readFrame(config, {.vocabulary = 32000, .channels = 3712, .layers = 76})};
    const std::int64_t channels = shape.frame.channels;
    shape.mamba = {.channels = channels,
                   .inner = layers::expanded(config, "mamba_expand", channels),
                   .heads = layers::size(config, "n_mamba_heads", 2),
                   .states = layers::size(config, "mamba_d_state", 16),
                   .rank = layers::stepRank(config, "mamba_dt_rank", channels),
                   .taps = layers::size(config, "mamba_d_conv", 4),
                   .bias = config.boolean("mamba_proj_bias", false),
                   .convolutionBias = config.boolean("mamba_conv_bias", true)};
    layers::requireMultiple(config, "n_mamba_heads", shape.mamba.inner, shape.mamba.heads);
    const auto types = layers::layerTypes(config, "layers_block_type", shape.frame.layers, {"mamba", "hybrid"})
                           .value_or(periodicTypes(config, shape.frame.layers));
    for (std::size_t i = 0; i < types.size(); ++i)
        if (types[i] == "hybrid")
            shape.hybrid.layers.push_back(static_cast<int>(i));
    shape.hybrid.attention = layers::readSharedAttention(config, channels, 16);
    shape.hybrid.mlp = {.channels = channels,
                        .inner = layers::size(config, "intermediate_size", 14848),
                        .function = layers::activation(config, "hidden_act", "gelu")};
    shape.hybrid.transformer = "shared_transf.";
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Shape shape = read(config);
    const layers::Frame &frame = shape.frame;
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int index) {
        const bool hybrid = shape.hybrid.isHybrid(index);
        const layers::Section layer = layers::layerSection(into, frame, hybrid ? "hybrid" : "mamba");
        const layers::Section mamba = hybrid ? layer.part("mamba").below("mamba_decoder.") : layer;
        if (hybrid)
            layers::describeTransformer(layer, frame, shape.hybrid);
        mamba.norm("input_layernorm", frame.channels);
        layers::describeZambaMixer(mamba.below("mamba."), shape.mamba);
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_intermediate_size", shape.mamba.inner},
                            {"n_mamba_heads", shape.mamba.heads},
                            {"state_size", shape.mamba.states},
                            {"time_step_rank", shape.mamba.rank},
                            {"num_attention_heads", shape.hybrid.attention.heads},
                            {"num_key_value_heads", shape.hybrid.attention.keyHeads},
                            {"intermediate_size", shape.hybrid.mlp.inner},
                            {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    return layers::buildHybridNetwork(shape.frame, weights, shape.hybrid,
                                      [&](const std::string &path) { return layers::buildZambaMixer(weights, path); });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    return layers::RemainingConfig(config, remains)
        .layers("num_hidden_layers")
        .set("layers_block_type", layers::remainingTypes(config, read(config).hybrid, remains))
        .width("intermediate_size", "mlp_channels")
        .width("mamba_d_state", "state")
        .width("mamba_dt_rank", "dt_rank")
        .config();
}

constexpr StockLoader stockLoaders[] = {{"block", "transformers"},
                                        {"transformer", "transformers"},
                                        {"mlp_channels", "transformers", true},
                                        {"state", "transformers", true},
                                        {"dt_rank", "transformers", true}};

} // namespace

/// Zamba (Glorioso et al., arXiv 2405.16712): Mamba in heads, and one transformer that some layers share.
extern const Architecture zamba;
const Architecture zamba{.id = "zamba",
                         .title = "Zamba",
                         .hiddenStates = HiddenStates::FromEmbedding,
                         .stockLoaders = stockLoaders,
                         .recognise = recognises,
                         .describe = describe,
                         .build = build,
                         .configOf = configOf};

} // namespace ecdysis::architectures
