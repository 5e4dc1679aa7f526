// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/missing_parts.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;
using architectures::Part;

namespace {

using Names = std::set<std::string>;

bool isStored(const Parameter &parameter, const io::Checkpoint &checkpoint)
{
    return checkpoint.find(parameter.name) || std::ranges::any_of(parameter.otherNames, [&](const std::string &other) {
               return checkpoint.find(other) != nullptr;
           });
}

std::map<int, Names> missingByLayer(const Blueprint &blueprint, const io::Checkpoint &checkpoint)
{
    std::map<int, Names> missing;
    for (const Parameter &parameter : blueprint.parameters)
        if (parameter.layers.size() == 1 && !isStored(parameter, checkpoint))
            missing[parameter.layer()].insert(parameter.name);
    return missing;
}

/// The tensors that Mamba-Shedder leaves out of a layer without its state space: D, and of Mamba-2 dt_bias.
Names marksOf(const Blueprint &blueprint, int layer)
{
    Names marks;
    for (const Parameter &parameter : blueprint.parameters)
        if (parameter.layers == std::vector{layer} && std::ranges::count(parameter.parts, "ssm") > 0 &&
            (parameter.name.ends_with(".D") || parameter.name.ends_with(".dt_bias")))
            marks.insert(parameter.name);
    return marks;
}

bool isNorm(const Parameter &parameter)
{
    return parameter.shape.size() == 1 && parameter.name.find("norm") != std::string::npos;
}

/// The absent tensors of a part that is left out: all that it has, but for norms, which Mamba-Shedder leaves behind in
/// Hymba. Empty where it is not left out.
Names leftOut(const Inventory &inventory, const Unit &part, const Names &missing)
{
    Names absent;
    const Cut cut = inventory.cut({&part, 1});
    if (!cut.partial.empty())
        return absent;
    for (const std::string &tensor : cut.tensors)
        if (missing.contains(tensor))
            absent.insert(tensor);
        else if (!isNorm(*inventory.parameter(tensor)))
            return {};
    return absent;
}

/// The parts of a layer, the widest first, whose absence explains that of all its missing tensors; none: no parts do.
std::vector<Unit> partsLeftOut(const Blueprint &blueprint, const Inventory &inventory, int layer, const Names &missing)
{
    std::vector<Unit> units;
    Names explained;
    for (const Part &part : blueprint.parts) {
        if (part.layer != layer)
            continue;
        const Unit unit{.id = unitId(part.kind, part.layer), .kind = part.kind, .layer = part.layer};
        const Names absent = leftOut(inventory, unit, missing);
        if (std::ranges::includes(explained, absent))
            continue;
        units.push_back(unit);
        explained.insert(absent.begin(), absent.end());
    }
    return explained == missing ? units : std::vector<Unit>{};
}

} // namespace

MissingParts missingParts(const Blueprint &blueprint, const io::Checkpoint &checkpoint)
{
    MissingParts found;
    const Inventory inventory(blueprint);
    for (const auto &[layer, missing] : missingByLayer(blueprint, checkpoint)) {
        if (missing == marksOf(blueprint, layer)) {
            found.marked.push_back({.id = unitId("ssm", layer), .kind = "ssm", .layer = layer});
            found.tensors.insert(found.tensors.end(), missing.begin(), missing.end());
            continue;
        }
        std::ranges::copy(partsLeftOut(blueprint, inventory, layer, missing), std::back_inserter(found.gone));
    }
    return found;
}

} // namespace ecdysis::pruning
