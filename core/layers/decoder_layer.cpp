// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/decoder_layer.h"

namespace ecdysis::layers {

void describeDecoderLayer(architectures::Blueprint &blueprint, const Frame &frame, const DecoderLayer &layer)
{
    const Section whole = layerSection(blueprint, frame, layer.attention ? "attention" : layer.mambaType);
    const Section mixer = whole.part(layer.attention ? "attention" : "mamba");
    mixer.norm("input_layernorm", frame.channels);
    if (layer.attention)
        describeAttention(mixer.below("self_attn."), *layer.attention);
    else
        layer.describeMamba(mixer.below("mamba."));
    const Section mlp = whole.part("mlp");
    mlp.norm(layer.mlpNorm, frame.channels);
    layer.describeMlp(mlp);
}

LayerBuilder buildDecoderLayer(const Weights &weights, const Frame &frame, const std::string &prefix,
                               const AttentionShape &attention,
                               const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mamba)
{
    LayerBuilder builder(weights, prefix, frame.epsilon);
    builder.sublayer("input_layernorm")
        .branch({"attention"}, "self_attn.o_proj.weight",
                [&] { return buildAttention(weights, prefix + "self_attn.", attention); })
        .branch({"mamba"}, "mamba.out_proj.weight", [&] { return mamba(prefix + "mamba."); });
    return builder;
}

} // namespace ecdysis::layers
