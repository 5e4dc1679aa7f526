// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include "core/architectures/architecture.h"
#include "core/exception.h"
#include "core/layers/mamba2_mixer.h"
#include "core/layers/mixer_stack.h"
#include "core/layers/native.h"
#include "core/layers/remaining_config.h"
#include "core/layers/settings.h"

namespace ecdysis::architectures {

namespace {

using layers::Frame;
using layers::Mamba2Shape;

/// The params.json of Mistral's Codestral-Mamba: names of the state-spaces layout below "model.", few keys.
bool isCodestral(const io::Config &config)
{
    return !config.has("model_type") && config.has("dim") && config.has("n_layers") && config.has("n_groups");
}

bool recognises(const io::Config &config)
{
    if (layers::isNative(config))
        return config.object("ssm_cfg").string("layer", "Mamba1") == "Mamba2";
    return isCodestral(config) || config.string("model_type", "") == "mamba2";
}

/// Whether the gated norm takes each group of channels by itself. transformers takes the whole width, whatever the
/// groups; the state-spaces code, which such models are trained with, does not.
bool normByGroup(const io::Config &config, const Mamba2Shape &shape, std::vector<Convention> &known)
{
    if (shape.groups == 1 || shape.norm == layers::GatedNorm::None)
        return false;
    std::vector<std::string> choices = {"width", "group"};
    if (isCodestral(config))
        std::swap(choices[0], choices[1]);
    return layers::convention(config,
                              {.name = "gated_norm",
                               .choices = std::move(choices),
                               .meaning = fmt::format("The gated norm of {} groups: \"width\" normalises all channels "
                                                      "together, as transformers does, \"group\" each group by "
                                                      "itself, as the state-spaces code does.",
                                                      shape.groups)},
                              known) == "group";
}

Frame readFrame(const io::Config &config)
{
    return layers::readMixerStack(config, {.vocabulary = 32768, .channels = 4096, .layers = 64, .tied = false});
}

void checkGroups(const io::Config &config, const Mamba2Shape &shape)
{
    if (shape.heads % shape.groups != 0)
        throw Exception(
            ErrorCode::BadFormat,
            fmt::format("expected a number of groups that divides {} heads, found {}", shape.heads, shape.groups),
            config.where());
}

Mamba2Shape readNative(const io::Config &config, std::int64_t channels)
{
    const std::int64_t inner = layers::expanded(config, "expand", channels);
    if (config.has("d_ssm") && config.integer("d_ssm") != inner)
        layers::refuse(config, "d_ssm", fmt::format("{} (expand · d_model; no MLP beside the scan)", inner));
    const std::int64_t headSize = layers::size(config, "headdim", 64);
    if (inner % headSize != 0)
        layers::refuse(config, "headdim", fmt::format("a divisor of {}", inner));
    const bool bias = config.boolean("bias", false);
    using layers::GatedNorm;
    const GatedNorm norm = !config.boolean("rmsnorm", true)            ? GatedNorm::None
                           : config.boolean("norm_before_gate", false) ? GatedNorm::NormThenGate
                                                                       : GatedNorm::GateThenNorm;
    const Mamba2Shape shape{.channels = channels,
                            .heads = inner / headSize,
                            .headSize = headSize,
                            .groups = layers::size(config, "ngroups", 1),
                            .states = layers::size(config, "d_state", 128),
                            .taps = layers::size(config, "d_conv", 4),
                            .inputBias = bias,
                            .outputBias = bias,
                            .convolutionBias = config.boolean("conv_bias", true),
                            .skipPerChannel = config.boolean("D_has_hdim", false),
                            .norm = norm,
                            .stepLimits = layers::stepLimits(config, "dt_limit")};
    checkGroups(config, shape);
    return shape;
}

Mamba2Shape readShape(const io::Config &config, std::int64_t channels)
{
    layers::require(config, "hidden_act", "silu");
    const bool bias = config.boolean("use_bias", false);
    const Mamba2Shape shape{.channels = channels,
                            .heads = layers::size(config, "num_heads", 128),
                            .headSize = layers::size(config, "head_dim", 64),
                            .groups = layers::size(config, "n_groups", 8),
                            .states = layers::size(config, "state_size", 128),
                            .taps = layers::size(config, "conv_kernel", 4),
                            .inputBias = bias,
                            .outputBias = bias,
                            .convolutionBias = config.boolean("use_conv_bias", true),
                            .epsilon = config.number("layer_norm_epsilon", 1e-5),
                            .stepLimits = layers::stepLimits(config, "time_step_limit")};
    const std::int64_t inner = layers::expanded(config, "expand", channels);
    if (inner != shape.inner())
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("expected num_heads · head_dim to be expand · hidden_size = {}, found {} · {}",
                                    inner, shape.heads, shape.headSize),
                        config.place("num_heads"));
    checkGroups(config, shape);
    return shape;
}

/// The same model as a config of the state-spaces layout.
io::Config nativeOf(const io::Config &config)
{
    if (!isCodestral(config))
        return config;
    return config.with("d_model", config.integer("dim"))
        .with("n_layer", config.integer("n_layers"))
        .with("pad_vocab_size_multiple", 1)
        .with("tie_embeddings", config.boolean("tie_embeddings", false))
        .with("ssm_cfg", {{"layer", "Mamba2"}, {"ngroups", config.integer("n_groups")}});
}

/// The frame of Codestral's names, which begin with "model.".
layers::Native readNativeFrame(const io::Config &config)
{
    layers::Native native = layers::readNative(nativeOf(config));
    if (isCodestral(config)) {
        native.frame.prefix = "model.backbone.";
        native.frame.head = "model.lm_head";
        native.frame.otherEmbeddings = {"model.backbone.embeddings.weight"};
    }
    return native;
}

void addDimensions(Blueprint &blueprint, const Frame &frame, const Mamba2Shape &shape)
{
    blueprint.dimensions = {{"hidden_size", frame.channels}, {"intermediate_size", shape.inner()},
                            {"num_heads", shape.heads},      {"head_dim", shape.headSize},
                            {"n_groups", shape.groups},      {"state_size", shape.states},
                            {"conv_kernel", shape.taps},     {"vocab_size", frame.vocabulary}};
}

bool hasNativeNames(const io::Config &config)
{
    return layers::isNative(config) || isCodestral(config);
}

Blueprint describe(const io::Config &config)
{
    Mamba2Shape shape;
    Blueprint blueprint;
    if (hasNativeNames(config)) {
        const layers::Native native = readNativeFrame(config);
        shape = readNative(nativeOf(config).object("ssm_cfg"), native.frame.channels);
        blueprint = layers::describeNative(native, "mamba2",
                                           [&](const layers::Section &mixer) { layers::describeMamba2(mixer, shape); });
        addDimensions(blueprint, native.frame, shape);
    } else {
        const Frame frame = readFrame(config);
        shape = readShape(config, frame.channels);
        blueprint = layers::describeMixerStack(
            frame, "mamba2", [&](const layers::Section &mixer) { layers::describeMamba2(mixer, shape); });
        addDimensions(blueprint, frame, shape);
    }
    normByGroup(config, shape, blueprint.conventions);
    return blueprint;
}

std::unique_ptr<const Network> build(const io::Config &config, const Weights &weights)
{
    std::vector<Convention> conventions;
    if (hasNativeNames(config)) {
        const layers::Native native = readNativeFrame(config);
        Mamba2Shape shape = readNative(nativeOf(config).object("ssm_cfg"), native.frame.channels);
        shape.normByGroup = normByGroup(config, shape, conventions);
        return layers::buildNative(native, weights,
                                   [&](const std::string &path) { return layers::buildMamba2(weights, path, shape); });
    }
    const Frame frame = readFrame(config);
    Mamba2Shape shape = readShape(config, frame.channels);
    shape.normByGroup = normByGroup(config, shape, conventions);
    return layers::buildMixerStack(frame, weights,
                                   [&](const std::string &path) { return layers::buildMamba2(weights, path, shape); });
}

io::Config configOf(const io::Config &config, const Remains &remains)
{
    layers::RemainingConfig left(config, remains);
    if (isCodestral(config))
        return left.layers("n_layers").config();
    if (layers::isNative(config))
        return left.layers("n_layer").layerNumbers("attn_layer_idx").width("ssm_cfg.d_state", "state").config();
    return left.layers("num_hidden_layers").width("state_size", "state").config();
}

nlohmann::json limits(const Mamba2Shape &shape)
{
    return {shape.stepLimits.first, shape.stepLimits.second};
}

io::Config toNative(const io::Config &config)
{
    const Frame frame = readFrame(config);
    const Mamba2Shape shape = readShape(config, frame.channels);
    nlohmann::json mixer{{"layer", "Mamba2"},
                         {"d_state", shape.states},
                         {"d_conv", shape.taps},
                         {"expand", layers::expansion(shape.inner(), frame.channels)},
                         {"headdim", shape.headSize},
                         {"ngroups", shape.groups},
                         {"bias", shape.inputBias},
                         {"conv_bias", shape.convolutionBias},
                         {"chunk_size", layers::size(config, "chunk_size", 256)}};
    if (shape.stepLimits != Mamba2Shape().stepLimits)
        mixer["dt_limit"] = limits(shape);
    return layers::nativeConfig(config, frame, std::move(mixer));
}

io::Config toHf(const io::Config &config)
{
    const layers::Native native = readNativeFrame(config);
    const io::Config mixer = nativeOf(config).object("ssm_cfg");
    const Mamba2Shape shape = readNative(mixer, native.frame.channels);
    if (shape.norm != layers::GatedNorm::GateThenNorm || shape.skipPerChannel)
        layers::refuse(nativeOf(config), "ssm_cfg", "the gated norm, the gate before it, and a D for each head");
    return layers::hfConfig(config, native,
                            {{"model_type", "mamba2"},
                             {"architectures", {"Mamba2ForCausalLM"}},
                             {"state_size", shape.states},
                             {"conv_kernel", shape.taps},
                             {"expand", layers::expansion(shape.inner(), native.frame.channels)},
                             {"num_heads", shape.heads},
                             {"head_dim", shape.headSize},
                             {"n_groups", shape.groups},
                             {"use_bias", shape.inputBias},
                             {"use_conv_bias", shape.convolutionBias},
                             {"time_step_limit", limits(shape)},
                             {"rms_norm", true},
                             {"chunk_size", layers::size(mixer, "chunk_size", 256)}});
}

io::Config inLayout(const io::Config &config, const std::string &layout)
{
    if (hasNativeNames(config) == (layout == "original"))
        return config;
    return layout == "original" ? toNative(config) : toHf(config);
}

// Not inner channels: transformers wants them to be a whole number of times the hidden size.
constexpr StockLoader stockLoaders[] = {
    {"block", "transformers"}, {"block", "mamba_ssm"}, {"state", "transformers", true}, {"state", "mamba_ssm", true}};

} // namespace

/// Mamba-2 (Dao & Gu, arXiv 2405.21060).
extern const Architecture mamba2;
const Architecture mamba2{.id = "mamba2",
                          .title = "Mamba-2",
                          .hiddenStates = HiddenStates::FromFirstLayer,
                          .stockLoaders = stockLoaders,
                          .recognise = recognises,
                          .describe = describe,
                          .build = build,
                          .configOf = configOf,
                          .inLayout = inLayout};

} // namespace ecdysis::architectures
