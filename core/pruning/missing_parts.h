// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/io/checkpoint.h"
#include "core/values/unit.h"

/// \file
/// Checkpoints of Mamba-Shedder say what was removed by leaving tensors out, while their config stays that of the whole
/// model.
namespace ecdysis::pruning {

/// What absent tensors tell.
struct MissingParts
{
    std::vector<Unit> gone;   ///< parts of which every tensor is absent, norms aside: blocks, Hymba's mixers, MLPs
    std::vector<Unit> marked; ///< state spaces of which D and dt_bias alone are absent, the rest being dead weight
    std::vector<std::string> tensors; ///< the absent ones of `marked`

    bool operator==(const MissingParts &) const = default;
};

/// Reads the absence of tensors layer by layer. A layer whose absent tensors are those of no parts is left as it is:
/// the census refuses it.
MissingParts missingParts(const architectures::Blueprint &blueprint, const io::Checkpoint &checkpoint);

} // namespace ecdysis::pruning
