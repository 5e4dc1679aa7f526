// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/search.h"

/// \file
/// What one-shot scores (core/scores) do for a search: sort its widths, and say in which order units go.
namespace ecdysis::pruning {

/// Orders by a stage's score of the widths among its targets of which a plan has taken nothing and that it has not
/// ordered yet. `windows`: null where there is no text. Throws Exception as scores do.
std::vector<EntryOrder> ordersFor(const Model::State &model, const SearchStage &stage, const Plan &plan,
                                  const data::Windows *windows, const Run &run);

/// What units are ranked by, lowest first.
using RankValue = std::function<double(const Unit &unit, const Plan &plan)>;

/// The ranking of a stage's units by a score of the dense model. `windows` as above. Throws Exception as scores do.
RankValue rankingBy(const std::string &score, const Model::State &model, const SearchStage &stage,
                    const data::Windows *windows, const Run &run);

} // namespace ecdysis::pruning
