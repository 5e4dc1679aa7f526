// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
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

/// Weights that were chosen to be zero, and how.
struct Sparsity
{
    std::string score;       ///< with all its settings: "gradient:alpha=1,gradient=rms"
    std::string scope;       ///< within which weights were compared: "global", "tensor", "layer", "row"
    double amount = 0;       ///< fraction of each scope
    std::string calibration; ///< fingerprint of the text the score was computed on; empty: it needs none

    bool operator==(const Sparsity &) const = default;
};

/// A file of tensors that belongs to a plan.
struct CompanionFile
{
    std::string file;   ///< path; in the JSON of a plan relative to the folder of the plan's file
    std::string sha256; ///< of its bytes, hexadecimal

    bool operator==(const CompanionFile &) const = default;
};

/// What is done to a model: an ordered list, never a difference to an unnamed state. The empty plan is the dense model.
struct Plan
{
    std::vector<Removal> removals;
    std::vector<EntryOrder> orders;            ///< one a width at most; ids of `removals` count entries by them
    std::vector<Sparsity> sparsity;            ///< how `masks` came about
    std::optional<CompanionFile> masks;        ///< of weights that are zero in what the removals leave
    std::optional<CompanionFile> weights = {}; ///< that take the place of the model's own, before anything is taken out

    bool operator==(const Plan &) const = default;
};

} // namespace ecdysis
