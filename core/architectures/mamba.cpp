// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/architecture.h"
#include "core/layers/mamba_mixer.h"
#include "core/layers/mixer_stack.h"
#include "core/layers/native.h"
#include "core/layers/remaining_config.h"
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

io::Config configOf(const io::Config &config, const Remains &remains)
{
    if (!layers::isNative(config))
        return layers::remainingMamba(config, remains);
    return layers::RemainingConfig(config, remains)
        .layers("n_layer")
        .layerNumbers("attn_layer_idx")
        .width("ssm_cfg.d_state", "state")
        .width("ssm_cfg.dt_rank", "dt_rank")
        .config();
}

io::Config toNative(const io::Config &config)
{
    const Frame frame = readFrame(config);
    const MambaShape shape = layers::readMamba(config, frame.channels, true);
    return layers::nativeConfig(config, frame,
                                {{"d_state", shape.states},
                                 {"d_conv", shape.taps},
                                 {"expand", layers::expansion(shape.inner, frame.channels)},
                                 {"dt_rank", shape.rank},
                                 {"bias", shape.bias},
                                 {"conv_bias", shape.convolutionBias}});
}

io::Config toHf(const io::Config &config)
{
    const layers::Native native = layers::readNative(config);
    const MambaShape shape = readNative(config.object("ssm_cfg"), native.frame.channels);
    return layers::hfConfig(config, native,
                            {{"model_type", "mamba"},
                             {"architectures", {"MambaForCausalLM"}},
                             {"state_size", shape.states},
                             {"conv_kernel", shape.taps},
                             {"expand", layers::expansion(shape.inner, native.frame.channels)},
                             {"intermediate_size", shape.inner},
                             {"time_step_rank", shape.rank},
                             {"use_bias", shape.bias},
                             {"use_conv_bias", shape.convolutionBias}});
}

io::Config inLayout(const io::Config &config, const std::string &layout)
{
    if (layers::isNative(config) == (layout == "original"))
        return config;
    return layout == "original" ? toNative(config) : toHf(config);
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
                         .build = build,
                         .configOf = configOf,
                         .inLayout = inLayout};

} // namespace ecdysis::architectures
