// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/architectures/architecture.h"
#include "core/layers/mamba_mixer.h"
#include "core/layers/mixer_stack.h"
#include "core/layers/remaining_config.h"

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
    return layers::readMixerStack(config, {.vocabulary = 50280, .channels = 768, .layers = 32});
}

MambaShape readShape(const io::Config &config, std::int64_t channels)
{
    MambaShape shape = layers::readMamba(config, channels, false);
    shape.innerNorms = layers::InnerNorms::Plain;
    shape.innerEpsilon = config.number("mixer_rms_eps", 1e-6);
    return shape;
}

Blueprint describe(const io::Config &config)
{
    const Frame frame = readFrame(config);
    const MambaShape shape = readShape(config, frame.channels);
    Blueprint blueprint = layers::describeMixerStack(
        frame, "mamba", [&](const layers::Section &mixer) { layers::describeMamba(mixer, shape); });
    blueprint.dimensions = {{"hidden_size", frame.channels}, {"intermediate_size", shape.inner},
                            {"state_size", shape.states},    {"time_step_rank", shape.rank},
                            {"conv_kernel", shape.taps},     {"vocab_size", frame.vocabulary}};
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Frame frame = readFrame(config);
    const MambaShape shape = readShape(config, frame.channels);
    return layers::buildMixerStack(frame, weights,
                                   [&](const std::string &path) { return layers::buildMamba(weights, path, shape); });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    return layers::remainingMamba(config, remains);
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
                                .build = build,
                                .configOf = configOf};

} // namespace ecdysis::architectures
