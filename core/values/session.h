// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/cell.h"
#include "core/values/provenance.h"
#include "core/values/search.h"

namespace ecdysis {

/// A sensitivity scan, finished or not: losses of the dense model and of each unit's removal on the same windows.
struct Scan
{
    Calibration calibration;
    Provenance provenance;
    std::vector<double> denseLosses; ///< per window; empty until measured
    std::vector<Cell> cells;         ///< the asked ones in reading order; those without losses are not measured yet
    double seconds = 0;              ///< of computation so far, over all sittings

    bool operator==(const Scan &) const = default;
};

/// Everything that one `*.ecdysis` file holds.
struct Session
{
    std::string modelFolder;
    std::string modelTitle;
    std::vector<Scan> scans;
    std::vector<Search> searches;
    std::string notes;

    bool operator==(const Session &) const = default;
};

} // namespace ecdysis
