// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/backbone.h"

#include <limits>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/torch.h"

namespace ecdysis::layers {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Precision;
using architectures::UnitParts;

namespace {

std::string componentOf(std::string_view name)
{
    if (name.starts_with("backbone."))
        name.remove_prefix(std::string_view("backbone.").size());
    for (std::string_view ending : {".weight", ".bias"})
        if (name.ends_with(ending))
            name.remove_suffix(ending.size());
    return name == "embedding" ? "embeddings" : std::string(name);
}

void refuseOriginalOptions(const io::Config &config)
{
    if (config.has("attn_layer_idx") && !config.json().at("attn_layer_idx").empty())
        refuse(config, "attn_layer_idx", "no attention layers");
    if (config.integer("d_intermediate", 0) != 0)
        refuse(config, "d_intermediate", "0 (no MLP)");
    if (!config.boolean("rms_norm", true))
        refuse(config, "rms_norm", "true");
}

Backbone readOriginal(const io::Config &config)
{
    refuseOriginalOptions(config);
    const std::int64_t multiple = size(config, "pad_vocab_size_multiple", 8);
    const std::int64_t vocabulary = size(config, "vocab_size", 50277);
    return {.layout = "original",
            .vocabulary = (vocabulary + multiple - 1) / multiple * multiple,
            .channels = size(config, "d_model", 2560),
            .layers = size(config, "n_layer", 64),
            .epsilon = 1e-5,
            .tied = config.boolean("tie_embeddings", true)};
}

Backbone readHuggingFace(const io::Config &config, const BackboneDefaults &defaults)
{
    if (config.string("hidden_act", "silu") != "silu")
        refuse(config, "hidden_act", "silu");
    return {.layout = "hf",
            .vocabulary = size(config, "vocab_size", defaults.vocabulary),
            .channels = size(config, "hidden_size", defaults.channels),
            .layers = size(config, "num_hidden_layers", defaults.layers),
            .epsilon = config.number("layer_norm_epsilon", 1e-5),
            .tied = config.boolean("tie_word_embeddings", defaults.tied)};
}

/// All tensors of a layer as one unit.
UnitParts blockUnit(const Blueprint &blueprint, std::int64_t layer, double flops)
{
    const int index = static_cast<int>(layer);
    UnitParts parts{.unit = {.id = unitId("block", index),
                             .kind = "block",
                             .layer = index,
                             .flopsPerToken = flops,
                             .stockLoadable = true}};
    for (const Parameter &parameter : blueprint.parameters)
        if (parameter.layer == index)
            parts.unit.tensors.push_back(parameter.name);
    return parts;
}

} // namespace

bool isOriginalLayout(const io::Config &config)
{
    return !config.has("model_type") && config.has("d_model") && config.has("n_layer");
}

Backbone readBackbone(const io::Config &config, const BackboneDefaults &defaults)
{
    return isOriginalLayout(config) ? readOriginal(config) : readHuggingFace(config, defaults);
}

std::int64_t size(const io::Config &config, std::string_view key, std::int64_t otherwise)
{
    const std::int64_t value = config.integer(key, otherwise);
    if (value < 1 || value > std::numeric_limits<std::int32_t>::max())
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a size of at least 1, found {}", value),
                        config.place(key));
    return value;
}

void refuse(const io::Config &config, std::string_view key, std::string_view supported)
{
    throw Exception(ErrorCode::Unsupported,
                    fmt::format("expected {}, found {}", supported, config.json().at(std::string(key)).dump()),
                    config.place(key));
}

std::string embeddingName(const Backbone &backbone)
{
    return backbone.layout == "original" ? "backbone.embedding.weight" : "backbone.embeddings.weight";
}

std::string layerPrefix(std::int64_t layer)
{
    return fmt::format("backbone.layers.{}.", layer);
}

Parameter parameter(std::string name, std::vector<std::int64_t> shape, std::int64_t layer, Precision precision)
{
    std::string component = componentOf(name);
    return {.name = std::move(name),
            .shape = std::move(shape),
            .component = std::move(component),
            .layer = static_cast<int>(layer),
            .precision = precision};
}

Blueprint describeBackbone(const Backbone &backbone, const std::function<std::vector<Parameter>(std::int64_t)> &mixer)
{
    Blueprint blueprint{.layout = backbone.layout, .layers = static_cast<int>(backbone.layers)};
    const std::vector<std::int64_t> vocabularyShape = {backbone.vocabulary, backbone.channels};
    Parameter embedding = parameter(embeddingName(backbone), vocabularyShape, -1, Precision::Compute);
    embedding.otherName = backbone.layout == "original" ? "backbone.embeddings.weight" : "backbone.embedding.weight";
    blueprint.parameters.push_back(embedding);
    for (std::int64_t layer = 0; layer < backbone.layers; ++layer) {
        blueprint.parameters.push_back(
            parameter(layerPrefix(layer) + "norm.weight", {backbone.channels}, layer, Precision::Full));
        for (Parameter &part : mixer(layer))
            blueprint.parameters.push_back(std::move(part));
    }
    blueprint.parameters.push_back(parameter("backbone.norm_f.weight", {backbone.channels}, -1, Precision::Full));
    Parameter head = parameter("lm_head.weight", vocabularyShape, -1, Precision::Compute);
    if (backbone.tied)
        head.tiedTo = embedding.name;
    blueprint.parameters.push_back(head);
    return blueprint;
}

void addUnits(Blueprint &blueprint, const Backbone &backbone, double layerFlops, double ssmFlops,
              const std::function<UnitParts(std::int64_t)> &ssm)
{
    for (std::int64_t layer = 0; layer < backbone.layers; ++layer) {
        blueprint.units.push_back(blockUnit(blueprint, layer, layerFlops));
        UnitParts parts = ssm(layer);
        const int index = static_cast<int>(layer);
        parts.unit.id = unitId("ssm", index);
        parts.unit.kind = "ssm";
        parts.unit.layer = index;
        parts.unit.flopsPerToken = ssmFlops;
        parts.unit.stockLoadable = false;
        blueprint.units.push_back(std::move(parts));
    }
    blueprint.layerFlops.assign(static_cast<std::size_t>(backbone.layers), layerFlops);
    blueprint.headFlopsPerToken =
        2.0 * static_cast<double>(backbone.vocabulary) * static_cast<double>(backbone.channels);
    blueprint.flopsPerToken = static_cast<double>(backbone.layers) * layerFlops + blueprint.headFlopsPerToken;
}

std::unique_ptr<const architectures::Network>
buildNetwork(const Backbone &backbone, const architectures::Weights &weights,
             const std::function<std::unique_ptr<const Mixer>(const std::string &prefix)> &mixer)
{
    std::vector<MixerLayer> layers;
    for (std::int64_t layer = 0; layer < backbone.layers; ++layer) {
        const std::string prefix = layerPrefix(layer);
        layers.push_back({{weights.at(prefix + "norm.weight"), backbone.epsilon}, mixer(prefix + "mixer.")});
    }
    const at::Tensor &embedding = weights.at(embeddingName(backbone));
    const at::Tensor &head = backbone.tied ? embedding : weights.at("lm_head.weight");
    return std::make_unique<MixerNetwork>(embedding, std::move(layers),
                                          RmsNorm{weights.at("backbone.norm_f.weight"), backbone.epsilon}, head);
}

at::Tensor weightOrNone(const architectures::Weights &weights, const std::string &name)
{
    const auto found = weights.find(name);
    return found == weights.end() ? at::Tensor() : found->second;
}

} // namespace ecdysis::layers
