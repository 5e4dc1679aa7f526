// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <vector>

#include "core/data/windows.h"
#include "core/evaluation/item_batches.h"
#include "core/model.h"
#include "core/values/search.h"

namespace ecdysis::pruning {

/// What the plans of a search are measured on.
struct SearchMaterial
{
    std::vector<std::optional<data::Windows>> windows; ///< one a stage; none where a stage has no text
    std::optional<evaluation::TaskSet> tasks;          ///< none where the settings name no tasks

    /// The windows of a stage; null where there are none.
    const data::Windows *windowsOf(std::size_t stage) const { return windows[stage] ? &*windows[stage] : nullptr; }
    /// Of the texts, one a stage; empty ones where there is no text.
    std::vector<Calibration> calibrations() const;
};

/// Reads the texts and tasks that settings name, with the tokenizer of the model's folder.
/// Throws Exception as data::readWindows() and evaluation::readTaskSet() do.
SearchMaterial readMaterial(const ModelCard &card, const SearchSettings &settings, const Run &run);

} // namespace ecdysis::pruning
