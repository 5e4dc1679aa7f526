// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/architectures/blueprint.h"
#include "core/io/checkpoint.h"
#include "core/values/unit.h"

/// \file
/// Checkpoints of Mamba-Shedder have MLPs that are narrower than their config says: the first channels are left.
namespace ecdysis::pruning {

/// The channels that MLPs have lost, as units of the config's model: ranges up to the last channel. A width is taken to
/// be narrower only where every tensor of it is stored, and each is smaller by the same channels and nothing else; any
/// other shape is left to the census, which refuses it.
std::vector<Unit> narrowedWidths(const architectures::Blueprint &blueprint, const io::Checkpoint &checkpoint);

} // namespace ecdysis::pruning
