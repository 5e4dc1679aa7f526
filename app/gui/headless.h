// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "app/gui/command_line.h"

namespace ecdysis {

/// Scans without a window: progress on standard error, the table on standard output, the figure into its file.
/// Returns the exit status.
int runHeadless(const CommandLine &line);

} // namespace ecdysis
