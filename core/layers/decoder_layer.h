// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/layers/attention.h"
#include "core/layers/frame.h"
#include "core/layers/mamba_mixer.h"

/// \file
/// Layers of attention or Mamba, then an MLP, each after a norm: Jamba, Bamba, Granite.
namespace ecdysis::layers {

/// What differs between the layers of such models.
struct DecoderLayer
{
    const AttentionShape *attention = nullptr;          ///< null: the layer has Mamba
    std::string mambaType;                              ///< as in Blueprint::layerTypes
    std::function<void(const Section &)> describeMamba; ///< below "mamba."
    std::string mlpNorm = "pre_ff_layernorm";
    std::function<void(const Section &)> describeMlp; ///< the part "mlp", its norm not included
};

void describeDecoderLayer(architectures::Blueprint &blueprint, const Frame &frame, const DecoderLayer &layer);

/// The first half of such a layer: attention or Mamba, whichever has weights; `mamba(path)` builds the latter.
LayerBuilder buildDecoderLayer(const Weights &weights, const Frame &frame, const std::string &prefix,
                               const AttentionShape &attention,
                               const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mamba);

} // namespace ecdysis::layers
