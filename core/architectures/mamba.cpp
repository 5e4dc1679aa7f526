// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include <fmt/format.h>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/backbone.h"
#include "core/layers/mamba_mixer.h"

namespace ecdysis::architectures {

namespace {

using layers::parameter;

struct Dimensions
{
    layers::Backbone backbone;
    std::int64_t inner = 0;
    std::int64_t states = 0;
    std::int64_t rank = 0;
    std::int64_t taps = 0;
    bool bias = false;
    bool convolutionBias = true;
};

bool recognises(const io::Config &config)
{
    if (layers::isOriginalLayout(config))
        return config.object("ssm_cfg").string("layer", "Mamba1") == "Mamba1";
    return config.string("model_type", "") == "mamba";
}

/// A rank that may be "auto".
std::int64_t rank(const io::Config &config, const char *key, std::int64_t channels)
{
    if (!config.has(key) || config.json().at(key) == "auto")
        return (channels + 15) / 16;
    return layers::size(config, key, 1);
}

std::int64_t expanded(const io::Config &config, std::int64_t channels)
{
    const double inner = config.number("expand", 2) * static_cast<double>(channels);
    if (!(inner >= 1 && inner < 1e9))
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a positive width, found {}", inner),
                        config.place("expand"));
    return static_cast<std::int64_t>(inner);
}

Dimensions readOriginal(const io::Config &config, layers::Backbone backbone)
{
    const io::Config mixer = config.object("ssm_cfg");
    return {.backbone = backbone,
            .inner = expanded(mixer, backbone.channels),
            .states = layers::size(mixer, "d_state", 16),
            .rank = rank(mixer, "dt_rank", backbone.channels),
            .taps = layers::size(mixer, "d_conv", 4),
            .bias = mixer.boolean("bias", false),
            .convolutionBias = mixer.boolean("conv_bias", true)};
}

Dimensions readHuggingFace(const io::Config &config, layers::Backbone backbone)
{
    // A width in the file wins over the computed one, as it does in transformers.
    const std::int64_t inner = config.has("intermediate_size") ? layers::size(config, "intermediate_size", 1)
                                                               : expanded(config, backbone.channels);
    return {.backbone = backbone,
            .inner = inner,
            .states = layers::size(config, "state_size", 16),
            .rank = rank(config, "time_step_rank", backbone.channels),
            .taps = layers::size(config, "conv_kernel", 4),
            .bias = config.boolean("use_bias", true),
            .convolutionBias = config.boolean("use_conv_bias", true)};
}

Dimensions read(const io::Config &config)
{
    const layers::Backbone backbone =
        layers::readBackbone(config, {.vocabulary = 50280, .channels = 768, .layers = 32, .tied = true});
    return backbone.layout == "original" ? readOriginal(config, backbone) : readHuggingFace(config, backbone);
}

std::vector<Parameter> mixerParameters(const Dimensions &size, std::int64_t layer)
{
    const std::string prefix = layers::layerPrefix(layer) + "mixer.";
    std::vector<Parameter> result;
    const auto add = [&](const char *name, std::vector<std::int64_t> shape, Precision precision) {
        result.push_back(parameter(prefix + name, std::move(shape), layer, precision));
    };
    add("in_proj.weight", {2 * size.inner, size.backbone.channels}, Precision::Compute);
    if (size.bias)
        add("in_proj.bias", {2 * size.inner}, Precision::Full);
    add("conv1d.weight", {size.inner, 1, size.taps}, Precision::Full);
    if (size.convolutionBias)
        add("conv1d.bias", {size.inner}, Precision::Full);
    add("x_proj.weight", {size.rank + 2 * size.states, size.inner}, Precision::Compute);
    add("dt_proj.weight", {size.inner, size.rank}, Precision::Compute);
    add("dt_proj.bias", {size.inner}, Precision::Full);
    add("A_log", {size.inner, size.states}, Precision::Full);
    add("D", {size.inner}, Precision::Full);
    add("out_proj.weight", {size.backbone.channels, size.inner}, Precision::Compute);
    if (size.bias)
        add("out_proj.bias", {size.backbone.channels}, Precision::Full);
    return result;
}

UnitParts ssmUnit(std::int64_t layer)
{
    const std::string prefix = layers::layerPrefix(layer) + "mixer.";
    UnitParts parts;
    for (const char *name : {"x_proj.weight", "dt_proj.weight", "dt_proj.bias", "A_log", "D"})
        parts.unit.tensors.push_back(prefix + name);
    return parts;
}

Blueprint describe(const io::Config &config)
{
    const Dimensions size = read(config);
    Blueprint blueprint =
        layers::describeBackbone(size.backbone, [&](std::int64_t layer) { return mixerParameters(size, layer); });
    blueprint.dimensions = {{"hidden_size", size.backbone.channels},
                            {"intermediate_size", size.inner},
                            {"state_size", size.states},
                            {"time_step_rank", size.rank},
                            {"conv_kernel", size.taps},
                            {"vocab_size", size.backbone.vocabulary}};
    const auto inner = static_cast<double>(size.inner);
    const auto states = static_cast<double>(size.states);
    const auto dtRank = static_cast<double>(size.rank);
    // The recurrence: two products and an exponential for the decay and the input, a multiply-add each for state and
    // output; then the skip.
    const double ssm = 2 * inner * (dtRank + 2 * states) + 2 * inner * dtRank + 7 * inner * states + 2 * inner;
    const double shared =
        2 * 3 * inner * static_cast<double>(size.backbone.channels) + 2 * inner * static_cast<double>(size.taps);
    layers::addUnits(blueprint, size.backbone, shared + ssm, ssm, ssmUnit);
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    return layers::buildNetwork(
        read(config).backbone, weights, [&](const std::string &prefix) -> std::unique_ptr<const layers::Mixer> {
            const auto linear = [&](const char *name) {
                return layers::Linear{weights.at(prefix + name + ".weight"),
                                      layers::weightOrNone(weights, prefix + name + ".bias")};
            };
            return std::make_unique<layers::MambaMixer>(
                layers::MambaMixer::Parts{.input = linear("in_proj"),
                                          .convolution = {weights.at(prefix + "conv1d.weight"),
                                                          layers::weightOrNone(weights, prefix + "conv1d.bias")},
                                          .scanInput = linear("x_proj"),
                                          .step = linear("dt_proj"),
                                          .logA = weights.at(prefix + "A_log"),
                                          .D = weights.at(prefix + "D"),
                                          .output = linear("out_proj")});
        });
}

} // namespace

/// Mamba (Gu & Dao, arXiv 2312.00752).
extern const Architecture mamba;
const Architecture mamba{.id = "mamba",
                         .title = "Mamba",
                         .hiddenStates = HiddenStates::FromFirstLayer,
                         .recognise = recognises,
                         .describe = describe,
                         .build = build};

} // namespace ecdysis::architectures
