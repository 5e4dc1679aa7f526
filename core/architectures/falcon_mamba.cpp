// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/architecture.h"
#include "core/layers/frame.h"
#include "core/layers/mamba_mixer.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

using layers::Frame;
using layers::MambaShape;

bool recognises(const io::Config &config)
{
    return config.string("model_type", "") == "falcon_mamba";
}

Frame readFrame(const io::Config &config)
{
    return layers::readFrame(config,
                             {.vocabulary = 50280,
                              .channels = 768,
                              .layers = 32,
                              .prefix = "backbone.",
                              .embedding = "embeddings",
                              .otherEmbeddings = {"backbone.embedding.weight"},
                              .finalNorm = "norm_f"},
                             "layer_norm_epsilon");
}

MambaShape readShape(const io::Config &config, std::int64_t channels)
{
    layers::require(config, "hidden_act", "silu");
    // The 7B says "expand": 16 beside the width that it has.
    const std::int64_t inner = config.has("intermediate_size") ? layers::size(config, "intermediate_size", 1)
                                                               : layers::expanded(config, "expand", channels);
    return {.channels = channels,
            .inner = inner,
            .states = layers::size(config, "state_size", 16),
            .rank = layers::stepRank(config, "time_step_rank", channels),
            .taps = layers::size(config, "conv_kernel", 4),
            .bias = config.boolean("use_bias", false),
            .convolutionBias = config.boolean("use_conv_bias", true),
            .innerNorms = layers::InnerNorms::Plain,
            .innerEpsilon = config.number("mixer_rms_eps", 1e-6)};
}

Blueprint describe(const io::Config &config)
{
    const Frame frame = readFrame(config);
    const MambaShape shape = readShape(config, frame.channels);
    Blueprint blueprint = layers::describeFrame(frame, [&](Blueprint &into, int) {
        const layers::Section layer = layers::layerSection(into, frame, "mamba");
        layer.norm("norm", frame.channels);
        layers::describeMamba(layer.below("mixer."), shape);
    });
    blueprint.dimensions = {{"hidden_size", frame.channels}, {"intermediate_size", shape.inner},
                            {"state_size", shape.states},    {"time_step_rank", shape.rank},
                            {"conv_kernel", shape.taps},     {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Frame frame = readFrame(config);
    const MambaShape shape = readShape(config, frame.channels);
    return layers::buildNetwork(frame, weights, [&](const std::string &prefix, int) {
        return layers::LayerBuilder(weights, prefix, frame.epsilon)
            .sublayer("norm")
            .branch({}, "norm.weight", [&] { return layers::buildMamba(weights, prefix + "mixer.", shape); })
            .finish();
    });
}

constexpr StockLoader stockLoaders[] = {{"block", "transformers"},
                                        {"inner_channels", "transformers", true},
                                        {"state", "transformers", true},
                                        {"dt_rank", "transformers", true}};

} // namespace

/// Falcon-Mamba (Zuo et al., arXiv 2410.05355): Mamba with norms of dt, B and C that have no weights.
extern const Architecture falcon_mamba;
const Architecture falcon_mamba{.id = "falcon_mamba",
                                .title = "Falcon-Mamba",
                                .hiddenStates = HiddenStates::FromFirstLayer,
                                .stockLoaders = stockLoaders,
                                .recognise = recognises,
                                .describe = describe,
                                .build = build};

} // namespace ecdysis::architectures
