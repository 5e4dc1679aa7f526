// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/values/session.h"

namespace ecdysis::cli {

/// A scan as the command line prints it: dense_nll, cells with nll, delta and standard_error (null where not measured),
/// seconds, calibration, provenance.
nlohmann::json scanObject(const Scan &scan);

/// The same as a table.
std::string scanText(const Scan &scan);

/// How many cells have been measured.
std::size_t measuredCells(const Scan &scan);

} // namespace ecdysis::cli
