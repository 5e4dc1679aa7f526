// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/architectures/architecture.h"
#include "core/io/config.h"
#include "core/layers/mixer_network.h"

/// \file
/// What the configs and checkpoints of Mamba and Mamba-2 have in common, in both layouts.
namespace ecdysis::layers {

/// Embedding, norms and head.
struct Backbone
{
    std::string layout; ///< "hf" or "original"
    std::int64_t vocabulary = 0;
    std::int64_t channels = 0;
    std::int64_t layers = 0;
    double epsilon = 1e-5;
    bool tied = true;
};

/// What transformers assumes of a config that does not say.
struct BackboneDefaults
{
    std::int64_t vocabulary = 0;
    std::int64_t channels = 0;
    std::int64_t layers = 0;
    bool tied = true;
};

/// Whether a config has the flat form of the state-spaces project.
bool isOriginalLayout(const io::Config &config);

/// Reads either layout. Throws Exception{BadFormat or Unsupported} naming the key.
Backbone readBackbone(const io::Config &config, const BackboneDefaults &defaults);

/// An integer from 1 to 2³¹ - 1. Throws Exception{BadFormat} otherwise.
std::int64_t size(const io::Config &config, std::string_view key, std::int64_t otherwise);

/// Throws Exception{Unsupported} saying that `key` has a value this program does not compute.
[[noreturn]] void refuse(const io::Config &config, std::string_view key, std::string_view supported);

/// Name of the embedding in the layout.
std::string embeddingName(const Backbone &backbone);
/// "backbone.layers.3."
std::string layerPrefix(std::int64_t layer);

/// A parameter whose component is its path without "backbone." and without ".weight" or ".bias".
architectures::Parameter parameter(std::string name, std::vector<std::int64_t> shape, std::int64_t layer,
                                   architectures::Precision precision);

/// A description with everything outside the mixers; layers' parameters go between the embedding and the final norm:
/// `mixer(layer)` gives them, without the layer's norm.
architectures::Blueprint
describeBackbone(const Backbone &backbone,
                 const std::function<std::vector<architectures::Parameter>(std::int64_t)> &mixer);

/// Adds the units "block" and "ssm" of each layer and all FLOPs, given those of one token in one layer.
/// `ssm(layer)` gives the parameters that go with the state space.
void addUnits(architectures::Blueprint &blueprint, const Backbone &backbone, double layerFlops, double ssmFlops,
              const std::function<architectures::UnitParts(std::int64_t)> &ssm);

/// The network of given mixers.
std::unique_ptr<const architectures::Network>
buildNetwork(const Backbone &backbone, const architectures::Weights &weights,
             const std::function<std::unique_ptr<const Mixer>(const std::string &prefix)> &mixer);

/// A weight; an undefined tensor if the network has none of this name (an absent bias).
at::Tensor weightOrNone(const architectures::Weights &weights, const std::string &name);

} // namespace ecdysis::layers
