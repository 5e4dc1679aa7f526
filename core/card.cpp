// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/card.h"

#include <algorithm>

namespace ecdysis {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::UnitParts;

namespace {

using Names = std::map<std::string, std::string>;

void addTo(Component &component, const TensorInfo &info)
{
    component.parameters += info.elements();
    component.bytes += info.bytes();
    component.tensors.push_back(info);
}

/// Parameters of one component follow one another in a blueprint.
std::vector<Component> components(const Blueprint &blueprint, const Names &names, const io::Checkpoint &checkpoint)
{
    std::vector<Component> result;
    for (const Parameter &parameter : blueprint.parameters) {
        if (!parameter.tiedTo.empty())
            continue;
        if (result.empty() || result.back().name != parameter.component)
            result.push_back({.name = parameter.component, .layer = parameter.layer});
        addTo(result.back(), *checkpoint.find(names.at(parameter.name)));
    }
    return result;
}

Unit measured(const UnitParts &parts, const Names &names, const io::Checkpoint &checkpoint)
{
    Unit unit = parts.unit;
    for (std::string &tensor : unit.tensors) {
        const TensorInfo &info = *checkpoint.find(names.at(tensor));
        unit.parameters += info.elements();
        unit.bytes += info.bytes();
        tensor = info.name;
    }
    for (const auto &[tensor, elements] : parts.partial) {
        const TensorInfo &info = *checkpoint.find(names.at(tensor));
        unit.parameters += elements;
        unit.bytes += elements * static_cast<std::int64_t>(byteSize(info.dtype));
    }
    return unit;
}

/// The type of most parameters.
DType commonType(const std::vector<Component> &components)
{
    std::map<DType, std::int64_t> counts;
    for (const Component &component : components)
        for (const TensorInfo &info : component.tensors)
            counts[info.dtype] += info.elements();
    const auto most = std::ranges::max_element(counts, {}, [](const auto &entry) { return entry.second; });
    return most == counts.end() ? DType::F32 : most->first;
}

} // namespace

ModelCard makeCard(const architectures::Architecture &architecture, const Blueprint &blueprint, const Names &names,
                   const io::Checkpoint &checkpoint)
{
    ModelCard card{.architecture = architecture.id,
                   .title = architecture.title,
                   .layout = blueprint.layout,
                   .layers = blueprint.layers,
                   .dimensions = blueprint.dimensions,
                   .flopsPerToken = blueprint.flopsPerToken,
                   .components = components(blueprint, names, checkpoint),
                   .warnings = blueprint.warnings};
    card.dtype = commonType(card.components);
    for (const Component &component : card.components) {
        card.parameters += component.parameters;
        card.bytes += component.bytes;
    }
    for (const UnitParts &parts : blueprint.units)
        card.units.push_back(measured(parts, names, checkpoint));
    for (const Parameter &parameter : blueprint.parameters)
        if (!parameter.tiedTo.empty())
            card.tied.push_back(parameter.name);
    return card;
}

} // namespace ecdysis
