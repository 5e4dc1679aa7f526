// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <chrono>
#include <string>

#include "core/values/run.h"

namespace ecdysis::cli {

/// Shows Progress on standard error: a bar that is redrawn on a terminal, a line every 10 s elsewhere.
class ProgressPrinter
{
public:
    ProgressPrinter();

    void show(const Progress &progress);
    /// Takes the bar away, so that other text can be written.
    void clear();

private:
    void drawBar(const Progress &progress);

    bool m_terminal;
    bool m_drawn = false;
    std::chrono::steady_clock::time_point m_next; ///< nothing is shown before
};

/// "scan 42 %, 12 of 24 cells, 0:41 left".
std::string progressLine(const Progress &progress);

} // namespace ecdysis::cli
