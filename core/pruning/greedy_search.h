// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/model.h"
#include "core/pruning/search_material.h"
#include "core/values/search.h"

namespace ecdysis::pruning {

/// Hears of a search that has grown: candidates measured on one more batch, or a step.
using SearchGrowth = std::function<void(const Search &search)>;

/// Goes on with a search until it ends: Mamba-Shedder's greedy removal (Muñoz et al., arXiv 2501.17088), every
/// candidate measured in every step. A candidate of layer i starts from the stream entering i, whose prefixes are
/// computed once a step and batch (`prefixBytes` at most); its losses have the bits of a separate evaluation, those
/// of a race, which takes fewer windows at a time, the same to rounding. Adds the time to `search.seconds`. Progress
/// counts FLOPs, estimated; steps are removals. Throws Exception{Cancelled}; what `grown` has heard of stays valid.
void search(const Model::State &model, const SearchMaterial &material, std::int64_t prefixBytes, Search &search,
            const SearchGrowth &grown, const Run &run);

} // namespace ecdysis::pruning
