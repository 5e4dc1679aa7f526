// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>

#include "core/architectures/blueprint.h"

/// \file
/// Biases of projections whose architecture has none: what a repair adds for inputs that are gone.
namespace ecdysis::pruning {

/// "….out_proj.weight" → "….out_proj.bias"; empty for other names.
std::string biasOf(const std::string &weight);
/// The other way round.
std::string weightOf(const std::string &bias);

/// The matrix whose bias this would be, which has none; null: there is no such matrix.
const architectures::Parameter *matrixWithout(const std::string &bias, const architectures::Blueprint &blueprint);

/// The blueprint with these biases, each after its matrix and going where that goes; other names, for which
/// matrixWithout() knows none, are left out.
architectures::Blueprint withBiases(architectures::Blueprint blueprint, const std::set<std::string> &biases);

} // namespace ecdysis::pruning
