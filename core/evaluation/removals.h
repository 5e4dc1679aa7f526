// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "core/architectures/architecture.h"
#include "core/values/plan.h"

namespace ecdysis::evaluation {

/// What a plan switches off in each layer, one set a layer of the model.
/// Throws Exception{Mismatch} naming the unit that the model does not have, or that is removed twice.
std::vector<architectures::Removed> removedByLayer(const Plan &plan, const ModelCard &card);

/// SHA-256 of the ids of the units a plan removes, in its order; hexadecimal.
std::string fingerprint(const Plan &plan);

} // namespace ecdysis::evaluation
