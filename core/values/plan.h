// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace ecdysis {

/// A unit that is taken out, and why.
struct Removal
{
    std::string unit;   ///< id
    std::string reason; ///< free text, may be empty

    bool operator==(const Removal &) const = default;
};

/// What is done to a model: an ordered list, never a difference to an unnamed state. The empty plan is the dense model.
struct Plan
{
    std::vector<Removal> removals;

    bool operator==(const Plan &) const = default;
};

} // namespace ecdysis
