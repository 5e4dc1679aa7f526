// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "core/values/model_card.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// A plan from JSON: an object whose `removals` lists unit ids, or objects {"unit", "reason"}; or from
/// the pruning_config.json of Mamba-Shedder. Throws Exception,
/// `where` being the file and the place in it: BadFormat, Unsupported (keys this version cannot apply), Mismatch (a
/// unit that the model does not have, or has twice removed).
Plan parsePlan(const std::string &json, const ModelCard &card, const std::string &where);

} // namespace ecdysis::pruning
