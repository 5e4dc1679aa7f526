// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/session.h"

namespace ecdysis {

/// A unit and its importance, which is comparable within one ranking only.
struct RankedUnit
{
    std::string unit; ///< id
    std::string kind;
    int layer = -1;
    double score = 0; ///< the larger, the more important

    bool operator==(const RankedUnit &) const = default;
};

/// Units by one score, the least important first; those of equal score in reading order.
struct Ranking
{
    std::string score; ///< with all its settings
    std::vector<RankedUnit> units;
    std::optional<Calibration> calibration; ///< none: the score needs no text
    Provenance provenance;
    double seconds = 0;

    bool operator==(const Ranking &) const = default;
};

} // namespace ecdysis
