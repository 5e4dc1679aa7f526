// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/progress_printer.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/cli/text_table.h"

namespace ecdysis::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto redrawInterval = 100ms;
constexpr auto lineInterval = 10s;

int terminalWidth()
{
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

double fractionOf(const Progress &progress)
{
    return progress.total > 0 ? std::clamp(progress.done / progress.total, 0.0, 1.0) : 0;
}

} // namespace

std::string progressLine(const Progress &progress)
{
    std::string line = fmt::format("{} {:3.0f} %", progress.stage, 100 * fractionOf(progress));
    if (progress.steps >= 0)
        line += fmt::format(", {} of {}", progress.step, progress.steps);
    if (progress.remaining)
        line += fmt::format(", {} left", clockTime(std::max(0.0, progress.remaining->count())));
    return line;
}

ProgressPrinter::ProgressPrinter()
    : m_terminal(isatty(STDERR_FILENO) != 0),
      m_next(std::chrono::steady_clock::now() + (m_terminal ? redrawInterval : lineInterval))
{
}

void ProgressPrinter::show(const Progress &progress)
{
    const auto now = std::chrono::steady_clock::now();
    if (now < m_next)
        return;
    m_next = now + (m_terminal ? redrawInterval : lineInterval);
    if (m_terminal)
        drawBar(progress);
    else
        fmt::print(stderr, "{}\n", progressLine(progress));
}

void ProgressPrinter::drawBar(const Progress &progress)
{
    const std::string line = progressLine(progress);
    const int room = std::clamp(terminalWidth() - static_cast<int>(line.size()) - 5, 0, 40);
    const int full = static_cast<int>(fractionOf(progress) * room);
    fmt::print(stderr, "\r\x1b[K[{}{}] {}", std::string(static_cast<std::size_t>(full), '#'),
               std::string(static_cast<std::size_t>(room - full), '.'), line);
    std::fflush(stderr);
    m_drawn = true;
}

void ProgressPrinter::clear()
{
    if (m_drawn)
        fmt::print(stderr, "\r\x1b[K");
    m_drawn = false;
}

} // namespace ecdysis::cli
