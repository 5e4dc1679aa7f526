// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "core/architectures/architecture.h"
#include "core/layers/decoder_layer.h"
#include "core/layers/mamba2_mixer.h"
#include "core/layers/mlp.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    layers::Mamba2Shape mamba;
    layers::AttentionShape attention;
    layers::MlpShape mlp;
    std::vector<std::int64_t> attentionLayers;
    std::vector<Convention> conventions;

    bool isAttention(int layer) const { return std::ranges::count(attentionLayers, layer) > 0; }
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "bamba";
}

/// Channels of a head that are rotated: the released models are trained with half of them, some versions of
/// transformers rotate all.
std::int64_t rotatedWidth(const io::Config &config, std::int64_t headSize, std::vector<Convention> &known)
{
    const bool half =
        layers::convention(config,
                           {.name = "rope_width",
                            .choices = {"half", "full"},
                            .meaning =
                                "Channels of a head that are rotated: \"half\" as the models are trained, \"full\" "
                                "as transformers did in some versions 5.0 and 5.2."},
                           known) == "half";
    return half ? headSize / 2 : headSize;
}

Shape read(const io::Config &config)
{
    Shape shape{.frame =
                    layers::readFrame(config, {.vocabulary = 128000, .channels = 4096, .layers = 32, .tied = false})};
    layers::require(config, "hidden_act", "silu");
    const std::int64_t channels = shape.frame.channels;
    shape.mamba = layers::readMamba2(config, channels, {.heads = 128, .groups = 1, .states = 256});
    shape.mamba.epsilon = shape.frame.epsilon;
    shape.mamba.stepLimits = layers::stepLimits(config, "time_step_limit");
    shape.attention = layers::readAttention(config, channels, {.heads = 32, .keyHeads = 8});
    shape.attention.rope = layers::readRope(config, shape.attention.headSize);
    shape.attention.rope.width = rotatedWidth(config, shape.attention.headSize, shape.conventions);
    shape.mlp = {.channels = channels, .inner = layers::size(config, "intermediate_size", 14336)};
    shape.attentionLayers = config.integers("attn_layer_indices").value_or(std::vector<std::int64_t>{});
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
             .mambaType = "mamba2",
             .describeMamba = [&](const layers::Section &mamba) { layers::describeMamba2(mamba, shape.mamba); },
             .describeMlp =
                 [&](const layers::Section &mlp) { layers::describeMlp(mlp.below("feed_forward."), shape.mlp); }});
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_n_heads", shape.mamba.heads},
                            {"mamba_d_head", shape.mamba.headSize},
                            {"mamba_n_groups", shape.mamba.groups},
                            {"state_size", shape.mamba.states},
                            {"num_attention_heads", shape.attention.heads},
                            {"num_key_value_heads", shape.attention.keyHeads},
                            {"intermediate_size", shape.mlp.inner},
                            {"vocab_size", frame.vocabulary}};
    blueprint.conventions = shape.conventions;
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    return layers::buildNetwork(shape.frame, weights, [&](const std::string &prefix, int) {
        return layers::buildDecoderLayer(
                   weights, shape.frame, prefix, shape.attention,
                   [&](const std::string &path) { return layers::buildMamba2(weights, path, shape.mamba); })
            .sublayer("pre_ff_layernorm")
            .branch({"mlp"}, "feed_forward.down_proj.weight",
                    [&] { return layers::buildMlpMixer(weights, prefix + "feed_forward.", shape.mlp); })
            .finish();
    });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    return layers::RemainingConfig(config, remains)
        .layers("num_hidden_layers")
        .layerNumbers("attn_layer_indices")
        .width("intermediate_size", "mlp_channels")
        .width("mamba_d_state", "state")
        .attentionHeads(read(config).attention)
        .config();
}

constexpr StockLoader stockLoaders[] = {{"block", "transformers"},
                                        {"mlp_channels", "transformers", true},
                                        {"attention_heads", "transformers", true},
                                        {"state", "transformers", true}};

} // namespace

/// Bamba (IBM, Princeton, CMU, UIUC): Mamba-2 or attention, half of whose channels are rotated, then an MLP.
extern const Architecture bamba;
const Architecture bamba{.id = "bamba",
                         .title = "Bamba",
                         .hiddenStates = HiddenStates::FromEmbedding,
                         .stockLoaders = stockLoaders,
                         .recognise = recognises,
                         .describe = describe,
                         .build = build,
                         .configOf = configOf};

} // namespace ecdysis::architectures
