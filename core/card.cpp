// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/card.h"

#include <algorithm>

#include "core/pruning/inventory.h"

namespace ecdysis {

using architectures::Blueprint;
using architectures::Parameter;

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
            result.push_back({.name = parameter.component, .layer = parameter.layer()});
        addTo(result.back(), *checkpoint.find(names.at(parameter.name)));
    }
    return result;
}

/// Adds what a unit takes with it, as stored.
void measure(Unit &unit, const pruning::Inventory &inventory, const Names &names, const io::Checkpoint &checkpoint)
{
    const pruning::Cut cut = inventory.cut({&unit, 1});
    const auto add = [&](const std::string &tensor, std::int64_t elements) {
        unit.parameters += elements;
        unit.bytes += elements * static_cast<std::int64_t>(byteSize(checkpoint.find(names.at(tensor))->dtype));
    };
    const auto addWhole = [&](const std::string &tensor) {
        const TensorInfo &info = *checkpoint.find(names.at(tensor));
        add(tensor, info.elements());
        unit.tensors.push_back(info.name);
    };
    for (const std::string &tensor : cut.tensors)
        addWhole(tensor);
    for (const std::string &tensor : cut.zeroed)
        addWhole(tensor);
    for (const auto &[tensor, indices] : cut.partial)
        add(tensor, pruning::elementsLost(inventory.parameter(tensor)->shape, indices));
}

/// Whether stock software may hold the model without some part, as far as the layer has a say.
bool stock(const Unit &unit, const Blueprint &blueprint)
{
    const auto part = std::ranges::find_if(blueprint.parts, [&](const architectures::Part &candidate) {
        return candidate.kind == unit.kind && candidate.layer == unit.layer;
    });
    return part == blueprint.parts.end() || part->stock;
}

void addLoaders(Unit &unit, std::span<const architectures::StockLoader> stockLoaders)
{
    for (const architectures::StockLoader &stock : stockLoaders) {
        // Zeros among the weights are weights: whatever loads the model at all loads them.
        const bool weight = unit.kind == "weight";
        auto &loaders = stock.uniform && !weight ? unit.loadersIfUniform : unit.loaders;
        if ((weight || unit.kind == stock.kind) && std::ranges::count(loaders, stock.loader) == 0)
            loaders.emplace_back(stock.loader);
    }
}

std::vector<Unit> units(const architectures::Architecture &architecture, const Blueprint &blueprint, const Names &names,
                        const io::Checkpoint &checkpoint)
{
    const pruning::Inventory inventory(blueprint);
    std::vector<Unit> result = inventory.units();
    for (Unit &unit : result) {
        measure(unit, inventory, names, checkpoint);
        if (stock(unit, blueprint))
            addLoaders(unit, architecture.stockLoaders);
    }
    return result;
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
                   .layers = blueprint.layers(),
                   .layerTypes = blueprint.layerTypes,
                   .dimensions = blueprint.dimensions,
                   .components = components(blueprint, names, checkpoint),
                   .units = units(architecture, blueprint, names, checkpoint),
                   .conventions = blueprint.conventions,
                   .warnings = blueprint.warnings};
    const pruning::Inventory inventory(blueprint);
    card.flopsPerToken = inventory.headFlops();
    for (double flops : inventory.layerFlops())
        card.flopsPerToken += flops;
    for (const architectures::Axis &axis : blueprint.axes)
        card.widths.push_back({axis.kind, axis.layer, axis.size, axis.least});
    card.dtype = commonType(card.components);
    for (const Component &component : card.components) {
        card.parameters += component.parameters;
        card.bytes += component.bytes;
    }
    for (const Parameter &parameter : blueprint.parameters)
        if (!parameter.tiedTo.empty())
            card.tied.push_back(parameter.name);
    return card;
}

} // namespace ecdysis
