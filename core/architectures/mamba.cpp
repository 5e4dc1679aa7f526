// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/architecture.h"
#include "core/layers/mamba_mixer.h"
#include "core/layers/mixer_stack.h"
#include "core/layers/native.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

using layers::Frame;
using layers::MambaShape;

bool recognises(const io::Config &config)
{
    if (layers::isNative(config))
        return config.object("ssm_cfg").string("layer", "Mamba1") == "Mamba1";
    return config.string("model_type", "") == "mamba";
}

Frame readFrame(const io::Config &config)
{
    return layers::readMixerStack(config, {.vocabulary = 50280, .channels = 768, .layers = 32});
}

MambaShape readNative(const io::Config &config, std::int64_t channels)
{
    return {.channels = channels,
            .inner = layers::expanded(config, "expand", channels),
            .states = layers::size(config, "d_state", 16),
            .rank = layers::stepRank(config, "dt_rank", channels),
            .taps = layers::size(config, "d_conv", 4),
            .bias = config.boolean("bias", false),
            .convolutionBias = config.boolean("conv_bias", true)};
}

void addDimensions(Blueprint &blueprint, const Frame &frame, const MambaShape &shape)
{
    blueprint.dimensions = {{"hidden_size", frame.channels}, {"intermediate_size", shape.inner},
                            {"state_size", shape.states},    {"time_step_rank", shape.rank},
                            {"conv_kernel", shape.taps},     {"vocab_size", frame.vocabulary}};
}

Blueprint describe(const io::Config &config)
{
    if (layers::isNative(config)) {
        const layers::Native native = layers::readNative(config);
        const MambaShape shape = readNative(config.object("ssm_cfg"), native.frame.channels);
        Blueprint blueprint = layers::describeNative(
            native, "mamba", [&](const layers::Section &mixer) { layers::describeMamba(mixer, shape); });
        addDimensions(blueprint, native.frame, shape);
        return blueprint;
    }
    const Frame frame = readFrame(config);
    const MambaShape shape = layers::readMamba(config, frame.channels, true);
    Blueprint blueprint = layers::describeMixerStack(
        frame, "mamba", [&](const layers::Section &mixer) { layers::describeMamba(mixer, shape); });
    addDimensions(blueprint, frame, shape);
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    if (layers::isNative(config)) {
        const layers::Native native = layers::readNative(config);
        const MambaShape shape = readNative(config.object("ssm_cfg"), native.frame.channels);
        return layers::buildNative(native, weights,
                                   [&](const std::string &path) { return layers::buildMamba(weights, path, shape); });
    }
    const Frame frame = readFrame(config);
    const MambaShape shape = layers::readMamba(config, frame.channels, true);
    return layers::buildMixerStack(frame, weights,
                                   [&](const std::string &path) { return layers::buildMamba(weights, path, shape); });
}

constexpr StockLoader stockLoaders[] = {
    {"block", "transformers"},       {"block", "mamba_ssm"},       {"inner_channels", "transformers", true},
    {"state", "transformers", true}, {"state", "mamba_ssm", true}, {"dt_rank", "transformers", true},
    {"dt_rank", "mamba_ssm", true}};

} // namespace

/// Mamba (Gu & Dao, arXiv 2312.00752).
extern const Architecture mamba;
const Architecture mamba{.id = "mamba",
                         .title = "Mamba",
                         .hiddenStates = HiddenStates::FromFirstLayer,
                         .stockLoaders = stockLoaders,
                         .recognise = recognises,
                         .describe = describe,
                         .build = build};

} // namespace ecdysis::architectures
