// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <stop_token>
#include <thread>

namespace ecdysis::cli {

/// Turns the first SIGINT or SIGTERM into a stop request; a second one ends the process at once with status 130.
/// One at a time.
class Interrupt
{
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt &) = delete;
    Interrupt &operator=(const Interrupt &) = delete;

    std::stop_token token() const { return m_stop.get_token(); }

private:
    std::stop_source m_stop;
    int m_pipe[2] = {-1, -1}; ///< from the handler to the thread: a handler itself may not request a stop
    std::thread m_waiter;
};

} // namespace ecdysis::cli
