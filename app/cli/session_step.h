// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/engine.h"

namespace ecdysis::cli {

/// The last search in a session, up to a step.
struct SessionStep
{
    std::filesystem::path session;
    std::optional<std::size_t> steps; ///< none: all
};

/// What "FILE.ecdysis" and "FILE.ecdysis@N" name; none: another kind of file.
std::optional<SessionStep> sessionStep(const std::string &name);

/// What the best path of a search had taken after so many of its steps.
Plan planAfter(const Search &search, std::size_t steps);

/// What the search had taken by then. Errors: those of reading, NotFound (no search, fewer steps), Mismatch (units that
/// the model of the card lacks).
Result<Plan> planOfStep(const SessionStep &step, const ModelCard &card);

} // namespace ecdysis::cli
