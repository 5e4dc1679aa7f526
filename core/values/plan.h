// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
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

/// The order in which a plan counts the entries of a width: those that are worth most come first, so that a width is
/// made smaller from its end. Without one they are counted as stored.
struct EntryOrder
{
    std::string kind; ///< of the width: "mlp_channels"
    int layer = -1;
    std::string score;                 ///< what they were ordered by
    std::vector<std::int64_t> entries; ///< as stored, each once; the plan's entry i is entries[i]

    bool operator==(const EntryOrder &) const = default;
};

/// What is done to a model: an ordered list, never a difference to an unnamed state. The empty plan is the dense model.
struct Plan
{
    std::vector<Removal> removals;
    std::vector<EntryOrder> orders; ///< one a width at most; ids of `removals` count entries by them

    bool operator==(const Plan &) const = default;
};

} // namespace ecdysis
