// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>

#include "core/values/evaluation.h"
#include "core/values/position_profile.h"
#include "core/values/recall.h"

/// \file
/// Measurements of the loss as text for people.
namespace ecdysis::cli {

std::string evaluationText(const Evaluation &evaluation);

/// The same, and a table of the losses by position.
std::string profileText(const PositionProfile &profile);

/// A table of recall over distances.
std::string recallText(const RecallReport &report);

} // namespace ecdysis::cli
