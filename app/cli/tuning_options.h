// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <CLI/CLI.hpp>

#include "core/engine.h"

namespace ecdysis::cli {

/// The options of a tuning run but for model and plan. Those the user gives go to `request` as they are parsed.
void addTuningOptions(CLI::App &app, TuneRequest &request);

} // namespace ecdysis::cli
