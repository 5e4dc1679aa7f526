// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <limits>

#include <fmt/format.h>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/backbone.h"
#include "core/layers/mamba2_mixer.h"

namespace ecdysis::architectures {

namespace {

using layers::parameter;

struct Dimensions
{
    layers::Backbone backbone;
    std::int64_t heads = 0;
    std::int64_t headSize = 0;
    std::int64_t groups = 1;
    std::int64_t states = 0;
    std::int64_t taps = 0;
    bool bias = false;
    bool convolutionBias = true;
    bool norm = true;
    bool skipPerChannel = false;
    std::pair<double, double> stepLimits{0, std::numeric_limits<double>::infinity()};

    std::int64_t inner() const { return heads * headSize; }
    std::int64_t scanChannels() const { return 2 * groups * states; } ///< B and C
};

bool recognises(const io::Config &config)
{
    if (layers::isOriginalLayout(config))
        return config.object("ssm_cfg").string("layer", "Mamba1") == "Mamba2";
    return config.string("model_type", "") == "mamba2";
}

std::pair<double, double> stepLimits(const io::Config &config, const char *key)
{
    const auto limits = config.numbers(key);
    if (!limits)
        return {0, std::numeric_limits<double>::infinity()};
    if (limits->size() != 2 || !((*limits)[0] <= (*limits)[1]))
        throw Exception(ErrorCode::BadFormat, "expected two numbers, the smaller one first", config.place(key));
    return {(*limits)[0], (*limits)[1]};
}

Dimensions readOriginal(const io::Config &config, const layers::Backbone &backbone)
{
    const io::Config mixer = config.object("ssm_cfg");
    const auto inner = static_cast<std::int64_t>(mixer.number("expand", 2) * static_cast<double>(backbone.channels));
    if (mixer.has("d_ssm") && mixer.integer("d_ssm") != inner)
        layers::refuse(mixer, "d_ssm", fmt::format("{} (expand · d_model; no MLP beside the scan)", inner));
    if (mixer.boolean("norm_before_gate", false))
        layers::refuse(mixer, "norm_before_gate", "false");
    const std::int64_t headSize = layers::size(mixer, "headdim", 64);
    if (inner % headSize != 0)
        layers::refuse(mixer, "headdim", fmt::format("a divisor of {}", inner));
    return {.backbone = backbone,
            .heads = inner / headSize,
            .headSize = headSize,
            .groups = layers::size(mixer, "ngroups", 1),
            .states = layers::size(mixer, "d_state", 128),
            .taps = layers::size(mixer, "d_conv", 4),
            .bias = mixer.boolean("bias", false),
            .convolutionBias = mixer.boolean("conv_bias", true),
            .norm = mixer.boolean("rmsnorm", true),
            .skipPerChannel = mixer.boolean("D_has_hdim", false),
            .stepLimits = stepLimits(mixer, "dt_limit")};
}

Dimensions readHuggingFace(const io::Config &config, const layers::Backbone &backbone)
{
    const Dimensions size{.backbone = backbone,
                          .heads = layers::size(config, "num_heads", 128),
                          .headSize = layers::size(config, "head_dim", 64),
                          .groups = layers::size(config, "n_groups", 8),
                          .states = layers::size(config, "state_size", 128),
                          .taps = layers::size(config, "conv_kernel", 4),
                          .bias = config.boolean("use_bias", false),
                          .convolutionBias = config.boolean("use_conv_bias", true),
                          .stepLimits = stepLimits(config, "time_step_limit")};
    const auto inner = static_cast<std::int64_t>(config.number("expand", 2) * static_cast<double>(backbone.channels));
    if (inner != size.inner())
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("expected num_heads · head_dim to be expand · hidden_size = {}, found {} · {}",
                                    inner, size.heads, size.headSize),
                        config.place("num_heads"));
    return size;
}

Dimensions read(const io::Config &config)
{
    const layers::Backbone backbone =
        layers::readBackbone(config, {.vocabulary = 32768, .channels = 4096, .layers = 64, .tied = false});
    const Dimensions size =
        backbone.layout == "original" ? readOriginal(config, backbone) : readHuggingFace(config, backbone);
    if (size.heads % size.groups != 0)
        throw Exception(
            ErrorCode::BadFormat,
            fmt::format("expected a number of groups that divides {} heads, found {}", size.heads, size.groups),
            config.where());
    return size;
}

std::vector<Parameter> mixerParameters(const Dimensions &size, std::int64_t layer)
{
    const std::string prefix = layers::layerPrefix(layer) + "mixer.";
    std::vector<Parameter> result;
    const auto add = [&](const char *name, std::vector<std::int64_t> shape, Precision precision) {
        result.push_back(parameter(prefix + name, std::move(shape), layer, precision));
    };
    const std::int64_t projected = 2 * size.inner() + size.scanChannels() + size.heads;
    const std::int64_t convolved = size.inner() + size.scanChannels();
    add("in_proj.weight", {projected, size.backbone.channels}, Precision::Compute);
    if (size.bias)
        add("in_proj.bias", {projected}, Precision::Full);
    add("conv1d.weight", {convolved, 1, size.taps}, Precision::Full);
    if (size.convolutionBias)
        add("conv1d.bias", {convolved}, Precision::Full);
    add("dt_bias", {size.heads}, Precision::Full);
    add("A_log", {size.heads}, Precision::Full);
    add("D", {size.skipPerChannel ? size.inner() : size.heads}, Precision::Full);
    if (size.norm)
        add("norm.weight", {size.inner()}, Precision::Full);
    add("out_proj.weight", {size.backbone.channels, size.inner()}, Precision::Compute);
    if (size.bias)
        add("out_proj.bias", {size.backbone.channels}, Precision::Full);
    return result;
}

UnitParts ssmUnit(const Dimensions &size, std::int64_t layer)
{
    const std::string prefix = layers::layerPrefix(layer) + "mixer.";
    UnitParts parts;
    for (const char *name : {"dt_bias", "A_log", "D"})
        parts.unit.tensors.push_back(prefix + name);
    const std::int64_t rows = size.scanChannels() + size.heads;
    parts.partial.emplace_back(prefix + "in_proj.weight", rows * size.backbone.channels);
    if (size.bias)
        parts.partial.emplace_back(prefix + "in_proj.bias", rows);
    parts.partial.emplace_back(prefix + "conv1d.weight", size.scanChannels() * size.taps);
    if (size.convolutionBias)
        parts.partial.emplace_back(prefix + "conv1d.bias", size.scanChannels());
    return parts;
}

void addCosts(Blueprint &blueprint, const Dimensions &size)
{
    const auto inner = static_cast<double>(size.inner());
    const auto channels = static_cast<double>(size.backbone.channels);
    const auto scanChannels = static_cast<double>(size.scanChannels());
    const auto taps = static_cast<double>(size.taps);
    // The recurrence: a product and a multiply-add for the state, a multiply-add for the output; then the skip.
    const double ssm = 2 * channels * (scanChannels + static_cast<double>(size.heads)) + 2 * scanChannels * taps +
                       5 * inner * static_cast<double>(size.states) + 2 * inner;
    const double shared = 2 * 3 * inner * channels + 2 * inner * taps;
    layers::addUnits(blueprint, size.backbone, shared + ssm, ssm,
                     [&](std::int64_t layer) { return ssmUnit(size, layer); });
}

Blueprint describe(const io::Config &config)
{
    const Dimensions size = read(config);
    Blueprint blueprint =
        layers::describeBackbone(size.backbone, [&](std::int64_t layer) { return mixerParameters(size, layer); });
    blueprint.dimensions = {{"hidden_size", size.backbone.channels},
                            {"intermediate_size", size.inner()},
                            {"num_heads", size.heads},
                            {"head_dim", size.headSize},
                            {"n_groups", size.groups},
                            {"state_size", size.states},
                            {"conv_kernel", size.taps},
                            {"vocab_size", size.backbone.vocabulary}};
    if (size.groups > 1 && size.norm)
        blueprint.warnings.push_back(fmt::format("{}: {} groups; the gated norm is taken over the whole width, as "
                                                 "transformers does it, while the state-spaces "
                                                 "code normalises each group by itself",
                                                 config.where(), size.groups));
    addCosts(blueprint, size);
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    const Dimensions size = read(config);
    return layers::buildNetwork(
        size.backbone, weights, [&](const std::string &prefix) -> std::unique_ptr<const layers::Mixer> {
            const auto linear = [&](const char *name) {
                return layers::Linear{weights.at(prefix + name + ".weight"),
                                      layers::weightOrNone(weights, prefix + name + ".bias")};
            };
            return std::make_unique<layers::Mamba2Mixer>(layers::Mamba2Mixer::Parts{
                .input = linear("in_proj"),
                .convolution = {weights.at(prefix + "conv1d.weight"),
                                layers::weightOrNone(weights, prefix + "conv1d.bias")},
                .logA = weights.at(prefix + "A_log"),
                .D = weights.at(prefix + "D"),
                .dtBias = weights.at(prefix + "dt_bias"),
                .norm = {layers::weightOrNone(weights, prefix + "norm.weight"), size.backbone.epsilon},
                .output = linear("out_proj"),
                .groups = size.groups,
                .states = size.states,
                .normGroup = size.inner(),
                .dtMin = size.stepLimits.first,
                .dtMax = size.stepLimits.second});
        });
}

} // namespace

/// Mamba-2 (Dao & Gu, arXiv 2405.21060).
extern const Architecture mamba2;
const Architecture mamba2{.id = "mamba2",
                          .title = "Mamba-2",
                          .hiddenStates = HiddenStates::FromFirstLayer,
                          .recognise = recognises,
                          .describe = describe,
                          .build = build};

} // namespace ecdysis::architectures
