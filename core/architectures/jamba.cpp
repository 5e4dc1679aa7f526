// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "core/architectures/architecture.h"
#include "core/layers/decoder_layer.h"
#include "core/layers/experts.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    layers::MambaShape mamba;
    layers::AttentionShape attention;
    layers::MlpShape mlp;
    layers::ExpertsShape experts;
    std::int64_t attentionPeriod = 8;
    std::int64_t attentionOffset = 4;
    std::int64_t expertPeriod = 2;
    std::int64_t expertOffset = 1;

    bool isAttention(int layer) const { return layer % attentionPeriod == attentionOffset; }
    bool hasExperts(int layer) const { return experts.router.experts > 1 && layer % expertPeriod == expertOffset; }
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "jamba";
}

Shape read(const io::Config &config)
{
    Shape shape{.frame = layers::readFrame(
                    config, {.vocabulary = 65536, .channels = 4096, .layers = 32, .epsilon = 1e-6, .tied = false})};
    layers::require(config, "hidden_act", "silu");
    const std::int64_t channels = shape.frame.channels;
    shape.mamba = {.channels = channels,
                   .inner = layers::expanded(config, "mamba_expand", channels),
                   .states = layers::size(config, "mamba_d_state", 16),
                   .rank = layers::stepRank(config, "mamba_dt_rank", channels),
                   .taps = layers::size(config, "mamba_d_conv", 4),
                   .bias = config.boolean("mamba_proj_bias", false),
                   .convolutionBias = config.boolean("mamba_conv_bias", true),
                   .innerNorms = layers::InnerNorms::Weighted,
                   .innerEpsilon = shape.frame.epsilon};
    shape.attention = layers::readAttention(config, channels, {.heads = 32, .keyHeads = 8});
    shape.mlp = {.channels = channels, .inner = layers::size(config, "intermediate_size", 14336)};
    shape.experts = {.router = {.routing = layers::Routing::SoftmaxOfAll,
                                .experts = layers::count(config, "num_experts", 16),
                                .chosen = layers::size(config, "num_experts_per_tok", 2)},
                     .mlp = shape.mlp,
                     .channels = channels,
                     .stack = layers::storedStack(config, {"experts.gate_up_proj", "experts.down_proj"})};
    shape.attentionPeriod = layers::size(config, "attn_layer_period", 8);
    shape.attentionOffset = layers::count(config, "attn_layer_offset", 4);
    shape.expertPeriod = layers::size(config, "expert_layer_period", 2);
    shape.expertOffset = layers::count(config, "expert_layer_offset", 1);
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Shape shape = read(config);
    const layers::Frame &frame = shape.frame;
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int index) {
        layers::describeDecoderLayer(
            into, frame,
            {.attention = shape.isAttention(index) ? &shape.attention : nullptr,
             .mambaType = "mamba",
             .describeMamba = [&](const layers::Section &mamba) { layers::describeMamba(mamba, shape.mamba); },
             .describeMlp =
                 [&](const layers::Section &mlp) {
                     if (shape.hasExperts(index))
                         layers::describeExperts(mlp.below("feed_forward."), shape.experts);
                     else
                         layers::describeMlp(mlp.below("feed_forward."), shape.mlp);
                 }});
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_intermediate_size", shape.mamba.inner},
                            {"state_size", shape.mamba.states},
                            {"time_step_rank", shape.mamba.rank},
                            {"num_attention_heads", shape.attention.heads},
                            {"num_key_value_heads", shape.attention.keyHeads},
                            {"intermediate_size", shape.mlp.inner},
                            {"num_experts", shape.experts.router.experts},
                            {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    return layers::buildNetwork(shape.frame, weights, [&](const std::string &prefix, int index) {
        return layers::buildDecoderLayer(
                   weights, shape.frame, prefix, shape.attention,
                   [&](const std::string &path) { return layers::buildMamba(weights, path, shape.mamba); })
            .sublayer("pre_ff_layernorm")
            .branch({"mlp"}, "pre_ff_layernorm.weight",
                    [&] {
                        return shape.hasExperts(index)
                                   ? layers::buildExperts(weights, prefix + "feed_forward.", shape.experts)
                                   : layers::buildMlpMixer(weights, prefix + "feed_forward.", shape.mlp);
                    })
            .finish();
    });
}

// Layers stay: their types follow from their numbers.
io::Config configOf(const io::Config &config, const Remains &remains)
{
    return layers::RemainingConfig(config, remains)
        .width("intermediate_size", "mlp_channels")
        .width("num_experts", "experts")
        .width("mamba_d_state", "state")
        .width("mamba_dt_rank", "dt_rank")
        .config();
}

// Which layers have attention or experts follows from their index: a layer alone cannot go. MLPs and experts have one
// number for their channels, so that those of MLPs alone cannot either.
constexpr StockLoader stockLoaders[] = {{"experts", "transformers", true},
                                        {"state", "transformers", true},
                                        {"dt_rank", "transformers", true}};

} // namespace

/// Jamba (Lieber et al., arXiv 2403.19887): Mamba with norms of dt, B and C, or attention without positions; then an
/// MLP or a mixture of experts.
extern const Architecture jamba;
const Architecture jamba{.id = "jamba",
                         .title = "Jamba",
                         .hiddenStates = HiddenStates::FromEmbedding,
                         .stockLoaders = stockLoaders,
                         .recognise = recognises,
                         .describe = describe,
                         .build = build,
                         .configOf = configOf};

} // namespace ecdysis::architectures
