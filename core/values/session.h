// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/values/calibration.h"
#include "core/values/cell.h"
#include "core/values/dtype.h"

namespace ecdysis {

/// The circumstances of a result: with the same record on the same machine, the same bits come out.
struct Provenance
{
    std::string modelFingerprint; ///< SHA-256 over all tensors, hexadecimal
    DType dtype = DType::F32;     ///< computed in
    std::string device = "cpu";
    int threads = 1;
    std::uint64_t seed = 0;
    std::vector<std::pair<std::string, std::string>> versions; ///< library and its version, sorted
    std::string created;                                       ///< UTC, ISO 8601

    bool operator==(const Provenance &) const = default;
};

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
    std::string notes;

    bool operator==(const Session &) const = default;
};

} // namespace ecdysis
