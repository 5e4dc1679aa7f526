// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/model.h"
#include "core/pruning/search_material.h"
#include "core/values/search.h"

namespace ecdysis::pruning {

/// What a step costs, in passes over all items by the dense model with head.
struct StepCost
{
    double evaluations = 0; ///< as measured: each candidate from its layer on, the layers before the last of them once
    double bruteForce = 0;  ///< of separate evaluations of all candidates, each in full, none with what is gone
};

/// That of a path's next step, whose candidates have been measured on `items` or, in a race, on the first of them. The
/// head is used `passes` times for a measurement.
StepCost costOf(const ModelFiles &files, const SearchSettings &settings, const SearchPath &path, std::size_t items,
                double passes);

/// FLOPs of all that is to come of a search, about: as if the head were used once for each candidate, what is gone cost
/// as much as what stays, and half of a race were spared. Tasks beside another objective are not counted.
double flopsToCome(const ModelFiles &files, const SearchMaterial &material, const Search &search);

} // namespace ecdysis::pruning
