// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "core/engine.h"

namespace ecdysis::cli {

/// The required --score, and the list of those that fit in the footer of the help.
void addScore(CLI::App &app, std::string &score, const std::function<bool(const ScoreInfo &)> &fits);

} // namespace ecdysis::cli
