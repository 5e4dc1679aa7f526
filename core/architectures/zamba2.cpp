// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/mamba2_mixer.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"
#include "core/layers/shared_transformer.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    layers::Mamba2Shape mamba;
    layers::HybridShape hybrid;
    std::vector<Convention> conventions;
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "zamba2";
}

/// Of the 2.7B, for configs that do not say.
std::vector<int> releasedHybridLayers()
{
    return {6, 12, 18, 24, 30, 36, 42, 47, 51};
}

std::vector<int> hybridLayers(const io::Config &config, std::int64_t layers)
{
    std::vector<int> result;
    if (const auto indices = config.integers("hybrid_layer_ids")) {
        for (std::int64_t layer : *indices)
            result.push_back(static_cast<int>(layer));
        return result;
    }
    const auto types = layers::layerTypes(config, "layers_block_type", layers, {"mamba", "hybrid"});
    if (!types)
        return releasedHybridLayers();
    for (std::size_t i = 0; i < types->size(); ++i)
        if ((*types)[i] == "hybrid")
            result.push_back(static_cast<int>(i));
    return result;
}

layers::Rope readRope(const io::Config &config, std::int64_t headSize)
{
    if (!config.boolean("use_mem_rope", false))
        return {};
    layers::Rope rope = layers::readRope(config, headSize);
    if (config.boolean("use_long_context", false)) {
        const auto size = static_cast<double>(headSize);
        rope.base *= std::pow(8.0, size / (size - 2));
    }
    return rope;
}

layers::Mamba2Shape readMamba(const io::Config &config, std::int64_t channels, std::vector<Convention> &known)
{
    const bool bias = config.boolean("add_bias_linear", false);
    layers::Mamba2Shape mamba{.channels = channels,
                              .heads = layers::size(config, "n_mamba_heads", 8),
                              .groups = layers::size(config, "mamba_ngroups", 1),
                              .states = layers::size(config, "mamba_d_state", 64),
                              .taps = layers::size(config, "mamba_d_conv", 4),
                              .inputBias = bias,
                              .outputBias = bias,
                              .normByGroup = true};
    const std::int64_t inner = layers::expanded(config, "mamba_expand", channels);
    layers::requireMultiple(config, "n_mamba_heads", inner, mamba.heads);
    layers::requireMultiple(config, "mamba_ngroups", mamba.heads, mamba.groups);
    mamba.headSize = inner / mamba.heads;
    mamba.stepLimits = layers::stepLimits(config, "time_step_limit");
    mamba.stepLimits.first = std::max(mamba.stepLimits.first, layers::smallestStep(config, known));
    return mamba;
}

/// The fork of transformers in which Zamba2 was released first has other keys, and other names of tensors.
void refuseFork(const io::Config &config)
{
    if (config.has("ffn_hidden_size") && !config.has("intermediate_size"))
        throw Exception(ErrorCode::Unsupported,
                        "expected the config of Zamba2 in transformers, with \"intermediate_size\" and tensors like "
                        "model.layers.0.mamba.in_proj.weight, found that of Zyphra's fork, whose tensors are like "
                        "model.mamba_layers.0.mamba.in_proj.0.weight",
                        config.place("ffn_hidden_size"));
}

Shape read(const io::Config &config)
{
    refuseFork(config);
    layers::requireFlag(config, "add_bias_linear", false);
    Shape shape{.frame = layers::readFrame(config, {.vocabulary = 32000, .channels = 2560, .layers = 54})};
    const std::int64_t channels = shape.frame.channels;
    shape.mamba = readMamba(config, channels, shape.conventions);
    shape.hybrid.layers = hybridLayers(config, shape.frame.layers);
    shape.hybrid.attention = layers::readSharedAttention(config, channels, 32);
    shape.hybrid.attention.rope = readRope(config, shape.hybrid.attention.headSize);
    shape.hybrid.mlp = {.channels = channels,
                        .inner = layers::size(config, "intermediate_size", 4 * channels),
                        .function = layers::activation(config, "hidden_act", "gelu"),
                        .names = {.gate = "gate_up_proj", .up = "gate_up_proj", .down = "down_proj"}};
    shape.hybrid.transformer = "shared_transformer.";
    shape.hybrid.blocks = static_cast<std::size_t>(layers::size(config, "num_mem_blocks", 1));
    shape.hybrid.mlpRank = layers::size(config, "adapter_rank", 128);
    shape.hybrid.attentionRank = config.boolean("use_shared_attention_adapter", false) ? shape.hybrid.mlpRank : 0;
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Shape shape = read(config);
    const layers::Frame &frame = shape.frame;
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int index) {
        const bool hybrid = shape.hybrid.isHybrid(index);
        const layers::Section layer = layers::layerSection(into, frame, hybrid ? "hybrid" : "mamba2");
        const layers::Section mamba = hybrid ? layer.part("mamba").below("mamba_decoder.") : layer;
        if (hybrid) {
            // With several blocks, the ones after it would take the turn of others.
            layer.enclosing().stock = shape.hybrid.blocks == 1;
            layers::describeTransformer(layer, frame, shape.hybrid);
        }
        mamba.norm("input_layernorm", frame.channels);
        layers::describeMamba2(mamba.below("mamba."), shape.mamba);
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"n_mamba_heads", shape.mamba.heads},
                            {"mamba_headdim", shape.mamba.headSize},
                            {"mamba_ngroups", shape.mamba.groups},
                            {"state_size", shape.mamba.states},
                            {"num_attention_heads", shape.hybrid.attention.heads},
                            {"num_key_value_heads", shape.hybrid.attention.keyHeads},
                            {"intermediate_size", shape.hybrid.mlp.inner},
                            {"num_mem_blocks", static_cast<std::int64_t>(shape.hybrid.blocks)},
                            {"adapter_rank", shape.hybrid.mlpRank},
                            {"vocab_size", frame.vocabulary}};
    blueprint.conventions = shape.conventions;
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    return layers::buildHybridNetwork(shape.frame, weights, shape.hybrid, [&](const std::string &path) {
        return layers::buildMamba2(weights, path, shape.mamba);
    });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    const layers::HybridShape hybrid = read(config).hybrid;
    return layers::RemainingConfig(config.with("hybrid_layer_ids", hybrid.layers), remains)
        .layers("num_hidden_layers")
        .layerNumbers("hybrid_layer_ids")
        .set("layers_block_type", layers::remainingTypes(config, hybrid, remains))
        .width("intermediate_size", "mlp_channels")
        .width("mamba_d_state", "state")
        .config();
}

/// As many transformers as layers that use one. Loaders want adapters of MLPs, whatever their rank.
io::Config unshared(const io::Config &config)
{
    return config.with("num_mem_blocks", read(config).hybrid.layers.size())
        .with("use_shared_attention_adapter", false)
        .with("adapter_rank", 1);
}

constexpr StockLoader stockLoaders[] = {
    {"block", "transformers"}, {"mlp_channels", "transformers", true}, {"state", "transformers", true}};

} // namespace

/// Zamba2 (Glorioso et al., arXiv 2411.15242): Mamba-2, and one or two transformers that some layers share, with
/// adapters of low rank for each use.
extern const Architecture zamba2;
const Architecture zamba2{.id = "zamba2",
                          .title = "Zamba2",
                          .hiddenStates = HiddenStates::FromEmbedding,
                          .stockLoaders = stockLoaders,
                          .recognise = recognises,
                          .describe = describe,
                          .build = build,
                          .configOf = configOf,
                          .unshared = unshared};

} // namespace ecdysis::architectures
