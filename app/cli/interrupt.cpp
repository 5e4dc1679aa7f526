// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/cli/interrupt.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <unistd.h>

namespace ecdysis::cli {

namespace {

constexpr int interruptedStatus = 130;

// A handler has no other way to what it works on. Libraries start threads before main() does, which rules out holding
// the signals back and waiting for them.
std::atomic<int> pipeEntry{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void handleSignal(int)
{
    const int saved = errno;
    const int entry = pipeEntry.exchange(-1);
    if (entry < 0)
        _exit(interruptedStatus);
    [[maybe_unused]] const auto written = write(entry, "x", 1);
    errno = saved;
}

void setHandler(void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM})
        sigaction(signal, &action, nullptr);
}

} // namespace

Interrupt::Interrupt()
{
    if (pipe(m_pipe) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    pipeEntry = m_pipe[1];
    m_waiter = std::thread([exit = m_pipe[0], stop = m_stop]() mutable {
        char byte = 0;
        if (read(exit, &byte, 1) == 1)
            stop.request_stop();
    });
    setHandler(handleSignal);
}

Interrupt::~Interrupt()
{
    setHandler(SIG_DFL);
    close(m_pipe[1]);
    m_waiter.join();
    close(m_pipe[0]);
}

} // namespace ecdysis::cli
