// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/gone_parts.h"

#include <algorithm>

namespace ecdysis::pruning {

using architectures::Parameter;

bool goneFrom(int layer, const std::vector<std::string> &parts, const PartsByLayer &gone)
{
    const auto found = gone.find(layer);
    return found != gone.end() &&
           std::ranges::any_of(parts, [&](const std::string &part) { return found->second.contains(part); });
}

bool goneFrom(int layer, const Parameter &parameter, const PartsByLayer &gone)
{
    const auto found = gone.find(layer);
    if (found == gone.end() || parameter.stays.empty() || !found->second.contains(parameter.stays))
        return goneFrom(layer, parameter.parts, gone);
    return goneFrom(layer, {parameter.parts.begin(), parameter.parts.end() - 1}, gone);
}

PartsByLayer partsOf(std::span<const Unit> units)
{
    PartsByLayer parts;
    for (const Unit &unit : units)
        if (unit.isPart())
            parts[unit.layer].insert(unit.kind);
    return parts;
}

} // namespace ecdysis::pruning
