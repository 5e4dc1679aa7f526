// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/io/config.h"
#include "core/layers/layered_network.h"
#include "core/layers/section.h"

namespace ecdysis::layers {

/// What surrounds the layers of every model: embedding, final norm, head.
struct Frame
{
    std::string layout = "hf"; ///< "hf" or "original" (state-spaces)
    std::int64_t vocabulary = 0;
    std::int64_t channels = 0;
    std::int64_t layers = 0;
    double epsilon = 1e-5;
    bool tied = true; ///< whether the head is the embedding
    double embeddingScale = 1;
    double logitScale = 1;
    std::string prefix = "model.";          ///< of everything but the head
    std::vector<std::string> otherPrefixes; ///< that files are known to use instead
    std::string embedding = "embed_tokens";
    std::vector<std::string> otherEmbeddings; ///< whole names files are known to use instead
    std::string finalNorm = "final_layernorm";
    std::string head = "lm_head";

    std::string layerPrefix(std::int64_t layer) const { return prefix + "layers." + std::to_string(layer) + "."; }
};

/// The keys that all configs of transformers have. `frame` holds the defaults of the architecture.
Frame readFrame(const io::Config &config, Frame frame, const char *epsilonKey = "rms_norm_eps");

/// A blueprint with embedding, layers, final norm and head. `layer(blueprint, index)` writes a layer, beginning with
/// Section::layer().
architectures::Blueprint describeFrame(const Frame &frame,
                                       const std::function<void(architectures::Blueprint &, int)> &layer);

/// The same as Section::layer, at the frame's place for it.
Section layerSection(architectures::Blueprint &blueprint, const Frame &frame, const std::string &type);

/// A network without layers yet.
LayeredNetwork::Parts buildFrame(const Frame &frame, const Weights &weights);

/// The network of a frame and its layers: `layer(prefix, index)` builds one, or gives null where its weights were cut.
std::unique_ptr<const architectures::Network>
buildNetwork(const Frame &frame, const Weights &weights,
             const std::function<std::unique_ptr<const Layer>(const std::string &prefix, int index)> &layer);

} // namespace ecdysis::layers
