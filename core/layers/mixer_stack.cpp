// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mixer_stack.h"

namespace ecdysis::layers {

Frame readMixerStack(const io::Config &config, Frame frame)
{
    frame.prefix = "backbone.";
    frame.embedding = "embeddings";
    frame.otherEmbeddings = {"backbone.embedding.weight"};
    frame.finalNorm = "norm_f";
    return readFrame(config, std::move(frame), "layer_norm_epsilon");
}

architectures::Blueprint describeMixerStack(const Frame &frame, const std::string &type,
                                            const std::function<void(const Section &)> &mixer)
{
    return describeFrame(frame, [&](architectures::Blueprint &into, int) {
        const Section layer = layerSection(into, frame, type);
        layer.norm("norm", frame.channels);
        mixer(layer.below("mixer."));
    });
}

std::unique_ptr<const architectures::Network>
buildMixerStack(const Frame &frame, const Weights &weights,
                const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mixer)
{
    return buildNetwork(frame, weights, [&](const std::string &prefix, int) {
        return LayerBuilder(weights, prefix, frame.epsilon)
            .sublayer("norm")
            .branch({}, "norm.weight", [&] { return mixer(prefix + "mixer."); })
            .finish();
    });
}

} // namespace ecdysis::layers
