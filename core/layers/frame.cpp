// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/frame.h"

#include "core/layers/settings.h"
#include "core/torch.h"

namespace ecdysis::layers {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Precision;

namespace {

Parameter &vocabularyMatrix(const Section &section, const std::string &path, const Frame &frame)
{
    Parameter &matrix = section.tensor(path, {frame.vocabulary, frame.channels});
    matrix.precision = Precision::Compute;
    return matrix;
}

} // namespace

Frame readFrame(const io::Config &config, Frame frame, const char *epsilonKey)
{
    frame.vocabulary = size(config, "vocab_size", frame.vocabulary);
    frame.channels = size(config, "hidden_size", frame.channels);
    frame.layers = size(config, "num_hidden_layers", frame.layers);
    frame.epsilon = config.number(epsilonKey, frame.epsilon);
    frame.tied = config.boolean("tie_word_embeddings", frame.tied);
    return frame;
}

Blueprint describeFrame(const Frame &frame, const std::function<void(Blueprint &, int)> &layer)
{
    Blueprint blueprint{.layout = frame.layout};
    const Section whole(blueprint, frame.prefix);
    vocabularyMatrix(whole, frame.embedding + ".weight", frame).otherNames = frame.otherEmbeddings;
    for (int index = 0; index < static_cast<int>(frame.layers); ++index)
        layer(blueprint, index);
    whole.norm(frame.finalNorm, frame.channels);
    Parameter &head = vocabularyMatrix(Section(blueprint, ""), frame.head + ".weight", frame);
    head.flops = 2;
    if (frame.tied)
        head.tiedTo = whole.name(frame.embedding + ".weight");
    for (Parameter &parameter : blueprint.parameters)
        if (parameter.name.starts_with(frame.prefix))
            for (const std::string &other : frame.otherPrefixes)
                parameter.otherNames.push_back(other + parameter.name.substr(frame.prefix.size()));
    return blueprint;
}

Section layerSection(Blueprint &blueprint, const Frame &frame, const std::string &type)
{
    return Section::layer(blueprint, type, frame.layerPrefix(blueprint.layers()));
}

LayeredNetwork::Parts buildFrame(const Frame &frame, const Weights &weights)
{
    const std::string embedding = frame.prefix + frame.embedding;
    LayeredNetwork::Parts parts;
    parts.embedding = weights.at(embedding + ".weight");
    parts.embeddingScale = frame.embeddingScale;
    parts.finalNorm = {weights.at(frame.prefix + frame.finalNorm + ".weight"), frame.epsilon};
    parts.head = weights.linear(frame.tied ? embedding : frame.head);
    parts.head.scale = frame.logitScale;
    return parts;
}

std::unique_ptr<const architectures::Network>
buildNetwork(const Frame &frame, const Weights &weights,
             const std::function<std::unique_ptr<const Layer>(const std::string &, int)> &layer)
{
    LayeredNetwork::Parts parts = buildFrame(frame, weights);
    for (int index = 0; index < static_cast<int>(frame.layers); ++index)
        parts.layers.push_back(layer(frame.layerPrefix(index), index));
    return std::make_unique<LayeredNetwork>(std::move(parts));
}

} // namespace ecdysis::layers
