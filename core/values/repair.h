// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/plan.h"
#include "core/values/provenance.h"

namespace ecdysis {

/// A weight that was given new values, and how well what it computes fits that of the dense model on the calibration:
/// sums of squared differences, relative to the sum of squares there.
struct RepairedWeight
{
    std::string weight; ///< its name
    int layer = -1;
    std::string method; ///< "diagonal", "least_squares", "bias", or the last two as "least_squares,bias"
    double before = 0;
    double after = 0;

    bool operator==(const RepairedWeight &) const = default;
};

/// What repairing a plan came to. Losses are means on the calibration, nats per predicted token.
struct RepairReport
{
    double denseNll = 0;
    double nllBefore = 0; ///< under the plan as it was
    double nllAfter = 0;  ///< under the plan as it is now
    std::vector<RepairedWeight> weights;
    Plan plan;
    Calibration calibration;
    Provenance provenance;
    double seconds = 0;

    bool operator==(const RepairReport &) const = default;
};

} // namespace ecdysis
