// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/values/unit.h"

namespace ecdysis::pruning {

/// Kinds of part that are gone, by layer.
using PartsByLayer = std::map<int, std::set<std::string>>;

/// Those of the units that are whole parts.
PartsByLayer partsOf(std::span<const Unit> units);

/// Whether any of `parts` is gone from a layer.
bool goneFrom(int layer, const std::vector<std::string> &parts, const PartsByLayer &gone);

/// Whether a parameter has no use in a layer.
bool goneFrom(int layer, const architectures::Parameter &parameter, const PartsByLayer &gone);

} // namespace ecdysis::pruning
