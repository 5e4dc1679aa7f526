// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/plan.h"
#include "core/values/session.h"

namespace ecdysis {

/// Zeros among the weights of one kind, over all layers.
struct ComponentSparsity
{
    std::string name; ///< last element of the path: "in_proj"
    std::int64_t weights = 0;
    std::int64_t removed = 0;
    double mean = 0; ///< of the fractions removed of each of its tensors

    bool operator==(const ComponentSparsity &) const = default;
};

/// What pruning of single weights came to.
struct PruneReport
{
    std::int64_t prunable = 0;                 ///< weights that competed
    std::int64_t removed = 0;                  ///< of those
    std::int64_t parameters = 0;               ///< of the model
    std::vector<ComponentSparsity> components; ///< by name
    Plan plan;
    std::optional<Calibration> calibration; ///< none: the score needs no text
    Provenance provenance;
    double seconds = 0;

    bool operator==(const PruneReport &) const = default;
};

} // namespace ecdysis
