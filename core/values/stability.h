// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/values/search.h"

namespace ecdysis {

/// A mean over draws.
struct Spread
{
    double mean = 0;
    double deviation = 0; ///< standard deviation of a sample; NaN of one

    bool operator==(const Spread &) const = default;
};

/// What became of a unit in several searches.
struct UnitStability
{
    std::string unit;           ///< id
    int draws = 0;              ///< in which it went
    std::optional<Spread> step; ///< as the how-manieth of its stage, from 1, in these draws
    std::optional<Spread> rank; ///< among the candidates of the stage's first step, from 1, by the rise of the loss;
                                ///< in the draws in which it was one

    bool operator==(const UnitStability &) const = default;
};

/// How alike the draws of one stage are: means over all pairs of them, NaN where there are none.
struct StageStability
{
    std::vector<UnitStability> units; ///< what went in most draws first, then what went first, then by rank
    double kendall = 0;               ///< tau-b of the candidates' ranks in the first step
    double spearman = 0;              ///< rho of the same
    std::vector<double> overlap;      ///< [n]: what is gone in both after n + 1 steps, as a share of what is in either
                                      ///< (Jaccard), as far as all draws went

    bool operator==(const StageStability &) const = default;
};

/// One search of several that differ in the windows drawn.
struct StabilityDraw
{
    std::vector<std::uint64_t> seeds; ///< of the windows, one a stage
    Plan plan;
    std::string reason;     ///< as Search's
    double evaluations = 0; ///< full passes over the calibration that it cost

    bool operator==(const StabilityDraw &) const = default;
};

/// The same search on several draws of calibration windows.
struct Stability
{
    SearchSettings settings; ///< of the first draw
    std::vector<StabilityDraw> draws;
    std::vector<StageStability> stages;
    Plan consensus; ///< of each stage as many units as in the median draw, those first that went in most draws, as far
                    ///< as they may go together; orders of widths are those of the first draw
    Provenance provenance;
    double seconds = 0; ///< of computation, over all sittings

    bool operator==(const Stability &) const = default;
};

} // namespace ecdysis
