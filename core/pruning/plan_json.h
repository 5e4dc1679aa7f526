// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <string>

#include "core/values/model_card.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// A plan from JSON: an object whose `removals` lists unit ids, or objects {"unit", "reason"}; `orders` say how ids
/// count the entries of widths, {"kind", "layer", "score", "entries"}; `masks` names a file {"file", "sha256"}, which
/// lies beside `where` if its path is relative, and `sparsity` lists how it came about; `weights` names a file of new
/// values likewise; or from the pruning_config.json
/// of Mamba-Shedder. Throws Exception, `where` being the plan's file: BadFormat, Unsupported (keys this version cannot
/// apply), Mismatch (a unit that the model does not have, or has twice removed; masks or weights that are not those the
/// plan was made with), NotFound.
Plan parsePlan(const std::string &json, const ModelCard &card, const std::string &where);

/// Writes a plan atomically; files that it names are named relative to its folder. Throws Exception{WriteFailed}.
void writePlan(const std::filesystem::path &file, Plan plan);

} // namespace ecdysis::pruning
