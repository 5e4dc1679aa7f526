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
        for (const Part &part : blueprint.parts) {
            const Unit unit{.id = unitId(part.kind, part.layer), .kind = part.kind, .layer = part.layer};
            if (part.layer != layer)
                continue;
            const Cut cut = inventory.cut({&unit, 1});
            if (cut.tensors == missing && cut.partial.empty()) {
                found.gone.push_back(unit);
                break;
            }
        }
    }
    return found;
}

} // namespace ecdysis::pruning
