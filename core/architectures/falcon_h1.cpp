// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include <fmt/format.h>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/attention.h"
#include "core/layers/frame.h"
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
};

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "falcon_h1";
}

/// `count` factors, all 1 where the config does not say.
std::vector<double> factors(const io::Config &config, const char *key, std::size_t count)
{
    const auto numbers = config.numbers(key).value_or(std::vector<double>(count, 1.0));
    if (numbers.size() != count)
        throw Exception(ErrorCode::BadFormat, fmt::format("expected {} numbers, found {}", count, numbers.size()),
                        config.place(key));
    return numbers;
}

layers::Mamba2Shape readMamba(const io::Config &config, const layers::Frame &frame)
{
    const std::int64_t inner = config.has("mamba_d_ssm") ? layers::size(config, "mamba_d_ssm", 1024)
                                                         : layers::expanded(config, "mamba_expand", frame.channels);
    layers::Mamba2Shape mamba =
        layers::readMamba2(config, frame.channels, {.inner = inner, .heads = 128, .groups = 1, .states = 256});
    mamba.outputBias = config.boolean("projectors_bias", false);
    mamba.epsilon = frame.epsilon;
    using layers::GatedNorm;
    mamba.norm = !config.boolean("mamba_rms_norm", false)         ? GatedNorm::None
                 : config.boolean("mamba_norm_before_gate", true) ? GatedNorm::NormThenGate
                                                                  : GatedNorm::GateThenNorm;
    mamba.normByGroup = true;
    mamba.stepLimits = layers::stepLimits(config, "time_step_limit");
    mamba.inputScale = config.number("ssm_in_multiplier", 1);
    mamba.outputScale = config.number("ssm_out_multiplier", 1);
    std::ranges::copy(factors(config, "ssm_multipliers", 5), mamba.scales.begin());
    return mamba;
}

Shape read(const io::Config &config)
{
    layers::require(config, "hidden_act", "silu");
    layers::requireFlag(config, "attention_bias", false);
    layers::requireFlag(config, "mlp_bias", false);
    Shape shape{.frame =
                    layers::readFrame(config, {.vocabulary = 128000, .channels = 4096, .layers = 32, .tied = false})};
    shape.frame.embeddingScale = config.number("embedding_multiplier", 1);
    shape.frame.logitScale = config.number("lm_head_multiplier", 1);
    shape.mamba = readMamba(config, shape.frame);
    shape.attention = layers::readAttention(config, shape.frame.channels, {.heads = 32, .keyHeads = 8});
    shape.attention.rope = layers::readRope(config, shape.attention.headSize);
    shape.attention.inputScale = config.number("attention_in_multiplier", 1);
    shape.attention.keyScale = config.number("key_multiplier", 1);
    shape.attention.outputScale = config.number("attention_out_multiplier", 1);
    const auto mlp = factors(config, "mlp_multipliers", 2);
    shape.mlp = {.channels = shape.frame.channels,
                 .inner = layers::size(config, "intermediate_size", 14336),
                 .gateScale = mlp[0],
                 .outputScale = mlp[1]};
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Shape shape = read(config);
    const layers::Frame &frame = shape.frame;
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int) {
        const layers::Section layer = layers::layerSection(into, frame, "hybrid");
        const layers::Section mixer = layer.part("mixer");
        mixer.norm("input_layernorm", frame.channels);
        layers::describeMamba2(mixer.part("mamba").below("mamba."), shape.mamba);
        layers::describeAttention(mixer.part("attention").below("self_attn."), shape.attention);
        const layers::Section mlp = layer.part("mlp");
        mlp.norm("pre_ff_layernorm", frame.channels);
        layers::describeMlp(mlp.below("feed_forward."), shape.mlp);
    });
    blueprint.dimensions = {{"hidden_size", frame.channels},
                            {"mamba_d_ssm", shape.mamba.inner()},
                            {"mamba_n_heads", shape.mamba.heads},
                            {"mamba_d_head", shape.mamba.headSize},
                            {"mamba_n_groups", shape.mamba.groups},
                            {"state_size", shape.mamba.states},
                            {"num_attention_heads", shape.attention.heads},
                            {"num_key_value_heads", shape.attention.keyHeads},
                            {"intermediate_size", shape.mlp.inner},
                            {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Shape shape = read(config);
    return layers::buildNetwork(shape.frame, weights, [&](const std::string &prefix, int) {
        return layers::LayerBuilder(weights, prefix, shape.frame.epsilon)
            .sublayer("input_layernorm")
            .branch({"mixer", "mamba"}, "mamba.out_proj.weight",
                    [&] { return layers::buildMamba2(weights, prefix + "mamba.", shape.mamba); })
            .branch({"mixer", "attention"}, "self_attn.o_proj.weight",
                    [&] { return layers::buildAttention(weights, prefix + "self_attn.", shape.attention); })
            .sublayer("pre_ff_layernorm")
            .branch({"mlp"}, "feed_forward.down_proj.weight",
                    [&] { return layers::buildMlpMixer(weights, prefix + "feed_forward.", shape.mlp); })
            .finish();
    });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    const Shape shape = read(config);
    return layers::RemainingConfig(config, remains)
        .layers("num_hidden_layers")
        .width("mamba_n_heads", "heads", shape.mamba.groups)
        .width("mamba_d_ssm", "heads", shape.mamba.groups * shape.mamba.headSize)
        .width("intermediate_size", "mlp_channels")
        .width("mamba_d_state", "state")
        .attentionHeads(shape.attention)
        .config();
}

constexpr StockLoader stockLoaders[] = {{"block", "transformers"},
                                        {"heads", "transformers", true},
                                        {"mlp_channels", "transformers", true},
                                        {"attention_heads", "transformers", true},
                                        {"state", "transformers", true}};

} // namespace

/// Falcon-H1 (Zuo et al., arXiv 2507.22448): Mamba-2 and attention side by side in every layer, then an MLP.
extern const Architecture falcon_h1;
const Architecture falcon_h1{.id = "falcon_h1",
                             .title = "Falcon-H1",
                             .hiddenStates = HiddenStates::FromEmbedding,
                             .stockLoaders = stockLoaders,
                             .recognise = recognises,
                             .describe = describe,
                             .build = build,
                             .configOf = configOf};

} // namespace ecdysis::architectures
