// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/section.h"

#include <algorithm>
#include <string_view>

namespace ecdysis::layers {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Parameter;
using architectures::Part;
using architectures::Precision;

namespace {

std::string componentOf(std::string_view name)
{
    for (std::string_view start : {"backbone.", "model."})
        if (name.starts_with(start)) {
            name.remove_prefix(start.size());
            break;
        }
    for (std::string_view ending : {".weight", ".bias"})
        if (name.ends_with(ending))
            name.remove_suffix(ending.size());
    return name == "embedding" ? "embeddings" : std::string(name);
}

} // namespace

Section::Section(Blueprint &blueprint, std::string prefix) : m_blueprint(&blueprint), m_prefix(std::move(prefix)) {}

Section Section::layer(Blueprint &blueprint, const std::string &type, std::string prefix)
{
    Section section(blueprint, std::move(prefix));
    section.m_layers = {blueprint.layers()};
    blueprint.layerTypes.push_back(type);
    return section.part("block");
}

Section Section::below(const std::string &path) const
{
    Section section = *this;
    section.m_prefix += path;
    return section;
}

Section Section::part(const std::string &kind) const
{
    Section section = *this;
    section.m_parts.push_back(kind);
    m_blueprint->parts.push_back({.kind = kind, .layer = layer()});
    return section;
}

Section Section::sharedBy(std::vector<int> layers) const
{
    Section section = *this;
    section.m_layers = std::move(layers);
    return section;
}

Section Section::at(std::string prefix) const
{
    Section section = *this;
    section.m_prefix = std::move(prefix);
    return section;
}

Parameter &Section::tensor(const std::string &path, std::vector<std::int64_t> shape) const
{
    const std::string full = name(path);
    m_blueprint->parameters.push_back({.name = full,
                                       .shape = std::move(shape),
                                       .component = componentOf(full),
                                       .layers = m_layers,
                                       .parts = m_parts});
    return m_blueprint->parameters.back();
}

Parameter &Section::ssmParameter(const std::string &path, std::vector<std::int64_t> shape) const
{
    Parameter &parameter = tensor(path, std::move(shape));
    parameter.precision = Precision::Ssm;
    return parameter;
}

Parameter &Section::linear(const std::string &path, std::int64_t out, std::int64_t in, bool bias) const
{
    if (bias)
        tensor(path + ".bias", {out});
    Parameter &weight = tensor(path + ".weight", {out, in});
    weight.precision = Precision::Compute;
    weight.prunable = !m_layers.empty();
    weight.flops = 2;
    return weight;
}

void Section::norm(const std::string &path, std::int64_t size) const
{
    tensor(path + ".weight", {size});
}

void Section::convolution(const std::string &path, std::int64_t channels, std::int64_t taps, bool bias) const
{
    Parameter &weight = tensor(path + ".weight", {channels, 1, taps});
    weight.prunable = true;
    weight.flops = 2;
    if (bias)
        tensor(path + ".bias", {channels});
}

void Section::stays(const std::string &path, const std::string &part) const
{
    for (Parameter &parameter : m_blueprint->parameters)
        if (parameter.name == name(path) + ".weight" || parameter.name == name(path) + ".bias")
            parameter.stays = part;
}

void Section::work(double flops) const
{
    for (int layer : m_layers)
        m_blueprint->work.push_back({.layer = layer, .parts = m_parts, .flops = flops});
}

Part &Section::enclosing() const
{
    return *std::ranges::find_if(
        m_blueprint->parts, [&](const Part &part) { return part.layer == layer() && part.kind == m_parts.back(); });
}

Axis &Section::axis(const std::string &kind, std::int64_t size) const
{
    m_blueprint->axes.push_back({.kind = kind, .layer = layer(), .size = size, .slices = {}});
    return m_blueprint->axes.back();
}

} // namespace ecdysis::layers
