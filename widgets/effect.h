// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "core/values/session.h"

namespace ecdysis {

/// What is known of a cell's effect.
enum class Certainty {
    Unmeasured,
    NotANumber,  ///< the loss or its difference is not finite
    WithinNoise, ///< the difference is below two standard errors, or its error is not known
    Clear,
};

/// Whether cells were measured on what is chosen now, or on another text or other windows.
enum class Freshness { Current, Stale };

/// The loss increase of a cell against the dense model on the same windows, nats per token.
struct Effect
{
    Certainty certainty = Certainty::Unmeasured;
    Estimate delta;
    double nll = 0;
    double nllError = 0;

    bool measured() const { return certainty == Certainty::WithinNoise || certainty == Certainty::Clear; }
    bool errorKnown() const { return std::isfinite(delta.standardError); } ///< it takes two windows
    bool operator==(const Effect &) const = default;
};

/// The effect of one cell of a scan.
Effect effectOf(const Scan &scan, const Cell &cell);

/// The cell of a unit by removal, or null.
const Cell *cellOf(const Scan &scan, const std::string &unit);

/// The kinds of a scan's cells, in order of appearance.
std::vector<std::string> kindsOf(const Scan &scan);

/// How many cells have their losses.
int measuredCells(const Scan &scan);

} // namespace ecdysis
