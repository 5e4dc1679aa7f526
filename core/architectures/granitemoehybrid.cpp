// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/architecture.h"
#include "core/layers/decoder_layer.h"
#include "core/layers/experts.h"
#include "core/layers/mamba2_mixer.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    std::vector<std::string> types; ///< of the layers: "mamba", "attention"
    layers::Mamba2Shape mamba;
    layers::AttentionShape attention;
    layers::MlpShape sharedMlp;
    layers::ExpertsShape experts;

    bool isAttention(int layer) const { return types[static_cast<std::size_t>(layer)] == "attention"; }
    bool hasExperts() const { return experts.router.experts > 0; }
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "granitemoehybrid";
}

std::vector<std::string> layerTypes(const io::Config &config, std::int64_t layers)
{
    const char *key = config.has("layer_types") ? "layer_types" : "layers_block_type";
    return layers::layerTypes(config, key, layers, {"mamba", "attention"})
        .value_or(std::vector<std::string>(static_cast<std::size_t>(layers), "mamba"));
}

layers::Rope readRope(const io::Config &config, std::int64_t headSize)
{
    const std::string positions = config.string("position_embedding_type", "nope");
    if (positions == "nope")
        return {};
    if (positions != "rope")
        layers::refuse(config, "position_embedding_type", "rope or nope");
    return layers::readRope(config, headSize);
}

Shape read(const io::Config &config)
{
    layers::require(config, "hidden_act", "silu");
    Shape shape{.frame = layers::readFrame(config, {.vocabulary = 32000,
                                                    .channels = 4096,
                                                    .layers = 32,
                                                    .epsilon = 1e-6,
                                                    .tied = false,
                                                    .finalNorm = "norm"})};
    const std::int64_t channels = shape.frame.channels;
    const double residual = config.number("residual_multiplier", 1);
    shape.frame.embeddingScale = config.number("embedding_multiplier", 1);
    shape.frame.logitScale = 1 / config.number("logits_scaling", 1);
    shape.types = layerTypes(config, shape.frame.layers);
    shape.mamba = layers::readMamba2(config, channels, {.heads = 128, .groups = 1, .states = 256});
    shape.mamba.epsilon = shape.frame.epsilon;
    shape.mamba.outputScale = residual;
    shape.mamba.stepLimits = layers::stepLimits(config, "time_step_limit");
    shape.attention = layers::readAttention(config, channels, {.heads = 32});
    shape.attention.scale = config.number("attention_multiplier", 1);
    shape.attention.rope = readRope(config, shape.attention.headSize);
    shape.attention.outputScale = residual;
    shape.sharedMlp = {.channels = channels,
                       .inner = layers::size(config, "shared_intermediate_size", 1024),
                       .outputScale = residual,
                       .names = {.gate = "input_linear", .up = "input_linear", .down = "output_linear"}};
    shape.experts = {.router = {.routing = layers::Routing::SoftmaxOfChosen,
                                .experts = layers::count(config, "num_local_experts", 8),
                                .chosen = layers::count(config, "num_experts_per_tok", 2)},
                     .mlp = {.channels = channels,
                             .inner = layers::size(config, "intermediate_size", 11008),
                             .outputScale = residual},
                     .routerName = "router.layer",
                     .channels = channels};
    shape.experts.stack = layers::ExpertStack{"input_linear.weight", "output_linear.weight"};
    return shape;
}

/// Beside experts, the MLP that every token goes through is a part of its own.
void describeMlps(const layers::Section &mlp, const Shape &shape)
{
    if (shape.hasExperts())
        layers::describeExperts(mlp.part("moe").below("block_sparse_moe."), shape.experts);
    const layers::Section shared = shape.hasExperts() ? mlp.part("shared_mlp") : mlp;
    layers::describeMlp(shared.below("shared_mlp."), shape.sharedMlp);
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
             .mlpNorm = "post_attention_layernorm",
             .describeMlp = [&](const layers::Section &mlp) { describeMlps(mlp, shape); }});
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_n_heads", shape.mamba.heads},
                            {"mamba_d_head", shape.mamba.headSize},
                            {"mamba_n_groups", shape.mamba.groups},
                            {"state_size", shape.mamba.states},
                            {"num_attention_heads", shape.attention.heads},
                            {"num_key_value_heads", shape.attention.keyHeads},
                            {"shared_intermediate_size", shape.sharedMlp.inner},
                            {"num_local_experts", shape.experts.router.experts},
                            {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    return layers::buildNetwork(shape.frame, weights, [&](const std::string &prefix, int) {
        return layers::buildDecoderLayer(
                   weights, shape.frame, prefix, shape.attention,
                   [&](const std::string &path) { return layers::buildMamba2(weights, path, shape.mamba); })
            .sublayer("post_attention_layernorm")
            .branch({"mlp", "moe"}, "block_sparse_moe.input_linear.weight",
                    [&] { return layers::buildExperts(weights, prefix + "block_sparse_moe.", shape.experts); })
            .branch({"mlp", "shared_mlp"}, "shared_mlp.output_linear.weight",
                    [&] { return layers::buildMlpMixer(weights, prefix + "shared_mlp.", shape.sharedMlp); })
            .finish();
    });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    return layers::RemainingConfig(config, remains)
        .layers("num_hidden_layers")
        .itemPerLayer("layer_types")
        .itemPerLayer("layers_block_type")
        .width("shared_intermediate_size", "mlp_channels")
        .width("num_local_experts", "experts")
        .width("intermediate_size", "expert_channels")
        .width("mamba_d_state", "state")
        .config();
}

constexpr StockLoader stockLoaders[] = {{"block", "transformers"},
                                        {"mlp_channels", "transformers", true},
                                        {"experts", "transformers", true},
                                        {"expert_channels", "transformers", true},
                                        {"state", "transformers", true}};

} // namespace

/// Granite 4 hybrid (IBM): Mamba-2 or attention, then a mixture of experts beside an MLP that all tokens go through.
extern const Architecture granitemoehybrid;
const Architecture granitemoehybrid{.id = "granitemoehybrid",
                                    .title = "Granite 4 hybrid",
                                    .hiddenStates = HiddenStates::FromEmbedding,
                                    .stockLoaders = stockLoaders,
                                    .recognise = recognises,
                                    .describe = describe,
                                    .build = build,
                                    .configOf = configOf};

} // namespace ecdysis::architectures
