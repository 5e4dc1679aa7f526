// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/attention.h"
#include "core/layers/experts.h"
#include "core/layers/frame.h"
#include "core/layers/mamba2_mixer.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

struct Shape
{
    layers::Frame frame;
    std::vector<std::string> types; ///< of the layers: "mamba", "attention", "mlp", "moe"
    layers::Mamba2Shape mamba;
    layers::AttentionShape attention;
    layers::MlpShape mlp;
    layers::ExpertsShape experts;
    layers::MlpShape sharedExperts; ///< inner 0: none
    std::vector<Convention> conventions;
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "nemotron_h";
}

/// "M-*E" in a string, or in a list of such strings.
std::string pattern(const io::Config &config)
{
    const char *key = "hybrid_override_pattern";
    if (!config.json().at(key).is_array())
        return config.string(key, "");
    const std::vector<std::string> parts = config.strings(key).value_or(std::vector<std::string>{});
    std::string joined;
    for (const std::string &part : parts)
        joined += part;
    return joined;
}

/// Of as many layers; 0: of any number.
std::vector<std::string> layerTypes(const io::Config &config, std::int64_t layers)
{
    if (auto types = layers::layerTypes(config, "layers_block_type", layers, {"mamba", "attention", "mlp", "moe"}))
        return *types;
    if (!config.has("hybrid_override_pattern"))
        throw Exception(ErrorCode::BadFormat, "expected the types of layers, found none",
                        config.place("layers_block_type"));
    std::vector<std::string> types;
    for (char letter : pattern(config)) {
        const std::string_view letters = "M*-E";
        const auto found = letters.find(letter);
        if (found == letters.npos)
            layers::refuse(config, "hybrid_override_pattern", "the letters M, *, - and E");
        types.emplace_back(std::vector<const char *>{"mamba", "attention", "mlp", "moe"}[found]);
    }
    if (layers > 0 && static_cast<std::int64_t>(types.size()) != layers)
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("expected a letter for each of {} layers, found {}", layers, types.size()),
                        config.place("hybrid_override_pattern"));
    return types;
}

layers::Mamba2Shape readMamba(const io::Config &config, const layers::Frame &frame, std::vector<Convention> &known)
{
    layers::require(config, "mamba_hidden_act", "silu");
    const auto either = [&](const char *name, const char *legacy, std::int64_t otherwise) {
        return layers::size(config, config.has(name) ? name : legacy, otherwise);
    };
    const bool bias = config.boolean("use_bias", false);
    layers::Mamba2Shape mamba{
        .channels = frame.channels,
        .heads = layers::size(config, "mamba_num_heads", 128),
        .headSize = layers::size(config, "mamba_head_dim", 64),
        .groups = either("n_groups", "mamba_n_groups", 8),
        .states = layers::size(config, "ssm_state_size", 128),
        .taps = either("conv_kernel", "mamba_d_conv", 4),
        .inputBias = bias,
        .outputBias = bias,
        .convolutionBias = config.boolean(config.has("use_conv_bias") ? "use_conv_bias" : "mamba_conv_bias", true),
        .normByGroup = true,
        .epsilon = frame.epsilon};
    layers::requireMultiple(config, "n_groups", mamba.heads, mamba.groups);
    mamba.stepLimits = layers::stepLimits(config, config.has("time_step_limit") ? "time_step_limit" : "mamba_dt_limit");
    mamba.stepLimits.first = std::max(mamba.stepLimits.first, layers::smallestStep(config, known));
    return mamba;
}

void readExperts(const io::Config &config, Shape &shape)
{
    const layers::MlpNames names{.gate = ""};
    const auto function = layers::activation(config, "mlp_hidden_act", "relu2");
    const std::int64_t channels = shape.frame.channels;
    const std::int64_t latent = layers::count(config, "moe_latent_size", 0);
    shape.mlp = {.channels = channels,
                 .inner = layers::size(config, "intermediate_size", 21504),
                 .function = function,
                 .bias = config.boolean("mlp_bias", false),
                 .names = names};
    shape.experts = {.router = {.routing = layers::Routing::Sigmoid,
                                .experts = layers::size(config, "n_routed_experts", 8),
                                .chosen = layers::size(config, "num_experts_per_tok", 2),
                                .groups = layers::size(config, "n_group", 1),
                                .chosenGroups = layers::size(config, "topk_group", 1),
                                .normalised = config.boolean("norm_topk_prob", true),
                                .scale = config.number("routed_scaling_factor", 1)},
                     .mlp = {.channels = latent > 0 ? latent : channels,
                             .inner = layers::size(config, "moe_intermediate_size", 7688),
                             .function = function,
                             .names = names},
                     .routerName = "gate",
                     .correctionName = "gate.e_score_correction_bias",
                     .latent = latent,
                     .channels = channels,
                     .stack = layers::storedStack(config, {"experts.up_proj", "experts.down_proj"})};
    shape.sharedExperts = {.channels = channels,
                           .inner = layers::count(config, "n_shared_experts", 1) *
                                    layers::size(config, "moe_shared_expert_intermediate_size", 7688),
                           .function = function,
                           .names = names};
}

Shape read(const io::Config &config)
{
    Shape shape{.frame = layers::readFrame(config,
                                           {.vocabulary = 131072,
                                            .channels = 4096,
                                            .layers = 52,
                                            .tied = false,
                                            .prefix = "backbone.",
                                            .otherPrefixes = {"model."},
                                            .embedding = "embeddings",
                                            .otherEmbeddings = {"backbone.embedding.weight"},
                                            .finalNorm = "norm_f"},
                                           "layer_norm_epsilon")};
    // The newest files do not count their layers.
    shape.types = layerTypes(config, config.has("num_hidden_layers") ? shape.frame.layers : 0);
    shape.frame.layers = static_cast<std::int64_t>(shape.types.size());
    shape.mamba = readMamba(config, shape.frame, shape.conventions);
    shape.attention = layers::readAttention(config, shape.frame.channels, {.heads = 32, .keyHeads = 8});
    readExperts(config, shape);
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Shape shape = read(config);
    const layers::Frame &frame = shape.frame;
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int index) {
        const std::string &type = shape.types[static_cast<std::size_t>(index)];
        const layers::Section layer = layers::layerSection(into, frame, type == "mamba" ? "mamba2" : type);
        layer.norm("norm", frame.channels);
        const layers::Section mixer = layer.below("mixer.");
        if (type == "mamba") {
            layers::describeMamba2(mixer, shape.mamba);
        } else if (type == "attention") {
            layers::describeAttention(mixer.part("attention"), shape.attention);
        } else if (type == "mlp") {
            layers::describeMlp(mixer.part("mlp"), shape.mlp);
        } else {
            const layers::Section mlp = mixer.part("mlp");
            layers::describeExperts(mlp.part("moe"), shape.experts);
            if (shape.sharedExperts.inner > 0)
                layers::describeMlp(mlp.part("shared_mlp").below("shared_experts."), shape.sharedExperts);
        }
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_num_heads", shape.mamba.heads},
                            {"mamba_head_dim", shape.mamba.headSize},
                            {"n_groups", shape.mamba.groups},
                            {"ssm_state_size", shape.mamba.states},
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
    return layers::buildNetwork(shape.frame, weights, [&](const std::string &prefix, int index) {
        const std::string &type = shape.types[static_cast<std::size_t>(index)];
        const std::string mixer = prefix + "mixer.";
        layers::LayerBuilder layer(weights, prefix, shape.frame.epsilon);
        layer.sublayer("norm");
        if (type == "mamba")
            layer.branch({}, "mixer.out_proj.weight", [&] { return layers::buildMamba2(weights, mixer, shape.mamba); });
        else if (type == "attention")
            layer.branch({"attention"}, "mixer.o_proj.weight",
                         [&] { return layers::buildAttention(weights, mixer, shape.attention); });
        else if (type == "mlp")
            layer.branch({"mlp"}, "mixer.down_proj.weight",
                         [&] { return layers::buildMlpMixer(weights, mixer, shape.mlp); });
        else
            layer
                .branch({"mlp", "moe"}, "mixer.gate.weight",
                        [&] { return layers::buildExperts(weights, mixer, shape.experts); })
                .branch({"mlp", "shared_mlp"}, "mixer.shared_experts.down_proj.weight",
                        [&] { return layers::buildMlpMixer(weights, mixer + "shared_experts.", shape.sharedExperts); });
        return layer.finish();
    });
}

/// The letters of the layers that are left, in the form that the file has them.
nlohmann::json remainingPattern(const io::Config &config, const Remains &remains)
{
    const std::string letters = pattern(config);
    std::string left;
    for (int layer : remains.layers)
        left += letters.at(static_cast<std::size_t>(layer));
    if (config.json().at("hybrid_override_pattern").is_array())
        return nlohmann::json::array({left});
    return left;
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    const Shape shape = read(config);
    layers::RemainingConfig left(config, remains);
    left.itemPerLayer("layers_block_type")
        .width("mamba_num_heads", "heads", shape.mamba.groups)
        .width("intermediate_size", "mlp_channels")
        .width("ssm_state_size", "state")
        .attentionHeads(shape.attention);
    if (config.has("num_hidden_layers"))
        left.layers("num_hidden_layers");
    if (config.has("hybrid_override_pattern"))
        left.set("hybrid_override_pattern", remainingPattern(config, remains));
    return left.config();
}

constexpr StockLoader stockLoaders[] = {
    {"block", "transformers"},       {"attention", "transformers"},          {"mlp", "transformers"},
    {"heads", "transformers", true}, {"mlp_channels", "transformers", true}, {"attention_heads", "transformers", true},
    {"state", "transformers", true}};

} // namespace

/// Nemotron-H (NVIDIA, arXiv 2504.03624): in each layer one of Mamba-2, attention without positions, an MLP, experts.
extern const Architecture nemotron_h;
const Architecture nemotron_h{.id = "nemotron_h",
                              .title = "Nemotron-H",
                              .hiddenStates = HiddenStates::FromEmbedding,
                              .stockLoaders = stockLoaders,
                              .recognise = recognises,
                              .describe = describe,
                              .build = build,
                              .configOf = configOf};

} // namespace ecdysis::architectures
