// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/native.h"

#include <cmath>

#include "core/layers/settings.h"

namespace ecdysis::layers {

using architectures::Blueprint;

namespace {

std::int64_t roundedUp(std::int64_t value, std::int64_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

void readAttention(const io::Config &config, Native &native)
{
    for (std::int64_t layer : config.integers("attn_layer_idx").value_or(std::vector<std::int64_t>{}))
        native.attentionLayers.insert(layer);
    if (native.attentionLayers.empty())
        return;
    const io::Config attention = config.object("attn_cfg");
    if (!attention.boolean("causal", false))
        refuse(attention, "causal", "true");
    requireFlag(attention, "rotary_emb_interleaved", false);
    if (attention.integer("mlp_dim", 0) != 0)
        refuse(attention, "mlp_dim", "0 (no MLP beside the attention)");
    AttentionShape &shape = native.attention;
    shape.channels = native.frame.channels;
    shape.heads = size(attention, "num_heads", 1);
    shape.keyHeads = size(attention, "num_heads_kv", shape.heads);
    requireMultiple(attention, "num_heads_kv", shape.heads, shape.keyHeads);
    shape.headSize = size(attention, "head_dim", shape.channels / shape.heads);
    shape.bias = attention.boolean("qkv_proj_bias", true);
    shape.scale = attention.number("softmax_scale", 1 / std::sqrt(static_cast<double>(shape.headSize)));
    shape.rope = {count(attention, "rotary_emb_dim", 0), attention.number("rotary_emb_base", 10000)};
    native.attentionTaps = count(attention, "d_conv", 0);
    native.attentionOutputBias = attention.boolean("out_proj_bias", true);
}

} // namespace

bool isNative(const io::Config &config)
{
    return !config.has("model_type") && config.has("d_model") && config.has("n_layer");
}

Native readNative(const io::Config &config)
{
    requireFlag(config, "rms_norm", true);
    const std::int64_t vocabulary = size(config, "vocab_size", 50277);
    Native native{.frame = {.layout = "original",
                            .vocabulary = roundedUp(vocabulary, size(config, "pad_vocab_size_multiple", 8)),
                            .channels = size(config, "d_model", 2560),
                            .layers = size(config, "n_layer", 64),
                            .tied = config.boolean("tie_embeddings", true),
                            .prefix = "backbone.",
                            .embedding = "embedding",
                            .otherEmbeddings = {"backbone.embeddings.weight"},
                            .finalNorm = "norm_f"}};
    readAttention(config, native);
    native.mlp = {.channels = native.frame.channels,
                  .inner = roundedUp(count(config, "d_intermediate", 0), 128),
                  .names = {.gate = "fc1", .up = "fc1", .down = "fc2", .upFirst = true}};
    return native;
}

nlohmann::json expansion(std::int64_t inner, std::int64_t channels)
{
    if (inner % channels == 0)
        return inner / channels;
    return static_cast<double>(inner) / static_cast<double>(channels);
}

io::Config nativeConfig(const io::Config &config, const Frame &frame, nlohmann::json mixer)
{
    if (frame.epsilon != 1e-5)
        refuse(config, "layer_norm_epsilon", "1e-05, which the state-spaces layout always has,");
    constexpr std::int64_t padding = 8;
    return config.replaced({{"d_model", frame.channels},
                            {"n_layer", frame.layers},
                            {"d_intermediate", 0},
                            {"vocab_size", frame.vocabulary},
                            {"ssm_cfg", std::move(mixer)},
                            {"attn_layer_idx", nlohmann::json::array()},
                            {"attn_cfg", nlohmann::json::object()},
                            {"rms_norm", true},
                            {"residual_in_fp32", config.boolean("residual_in_fp32", true)},
                            {"fused_add_norm", true},
                            {"pad_vocab_size_multiple", frame.vocabulary % padding == 0 ? padding : 1},
                            {"tie_embeddings", frame.tied}});
}

io::Config hfConfig(const io::Config &config, const Native &native, nlohmann::json mixer)
{
    if (!native.attentionLayers.empty())
        refuse(config, "attn_layer_idx", "layers of Mamba alone");
    if (native.hasMlp())
        refuse(config, "d_intermediate", "0");
    const Frame &frame = native.frame;
    mixer.update({{"hidden_size", frame.channels},
                  {"num_hidden_layers", frame.layers},
                  {"vocab_size", frame.vocabulary},
                  {"layer_norm_epsilon", frame.epsilon},
                  {"hidden_act", "silu"},
                  {"residual_in_fp32", config.boolean("residual_in_fp32", true)},
                  {"tie_word_embeddings", frame.tied},
                  {"bos_token_id", 0},
                  {"eos_token_id", 0},
                  {"pad_token_id", 0}});
    return config.replaced(std::move(mixer));
}

Blueprint describeNative(const Native &native, const std::string &type,
                         const std::function<void(const Section &)> &mixer)
{
    return describeFrame(native.frame, [&](Blueprint &blueprint, int index) {
        const bool attention = native.isAttention(index);
        const Section layer = layerSection(blueprint, native.frame, attention ? "attention" : type);
        // A layer that is nothing but Mamba has no part of this name: it would be the block again.
        const Section mixing = attention ? layer.part("attention") : native.hasMlp() ? layer.part("mamba") : layer;
        mixing.norm("norm", native.frame.channels);
        if (attention)
            describeNativeAttention(mixing.below("mixer."), native.attention, native.attentionTaps,
                                    native.attentionOutputBias);
        else
            mixer(mixing.below("mixer."));
        if (native.hasMlp()) {
            const Section mlp = layer.part("mlp");
            mlp.norm("norm2", native.frame.channels);
            describeMlp(mlp.below("mlp."), native.mlp);
        }
    });
}

std::unique_ptr<const architectures::Network>
buildNative(const Native &native, const Weights &weights,
            const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mixer)
{
    return buildNetwork(native.frame, weights, [&](const std::string &prefix, int index) {
        LayerBuilder layer(weights, prefix, native.frame.epsilon);
        layer.sublayer("norm").branch(
            {native.isAttention(index) ? "attention" : "mamba"}, "mixer.out_proj.weight", [&] {
                return native.isAttention(index) ? buildNativeAttention(weights, prefix + "mixer.", native.attention)
                                                 : mixer(prefix + "mixer.");
            });
        layer.sublayer("norm2").branch({"mlp"}, "mlp.fc2.weight",
                                       [&] { return buildMlpMixer(weights, prefix + "mlp.", native.mlp); });
        return layer.finish();
    });
}

} // namespace ecdysis::layers
