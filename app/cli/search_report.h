// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/values/search.h"

namespace ecdysis::cli {

/// A search as --json says it: its steps with losses, the plan, what it went about with. Of each step's candidates the
/// figures they were compared by.
nlohmann::json searchObject(const Search &search);

/// The same for people: a table of steps, and why it ended.
std::string searchText(const Search &search);

} // namespace ecdysis::cli
