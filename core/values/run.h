// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace ecdysis {

/// How far a long operation has come. `done` and `total` are in units of work (FLOPs, bytes), fit for a bar;
/// `steps` count the things a user knows ("12 of 48 cells"), -1 where there are none.
struct Progress
{
    std::string stage;
    double done = 0;
    double total = 0;
    int step = -1;
    int steps = -1;
    std::chrono::duration<double> elapsed{0};
    std::optional<std::chrono::duration<double>> remaining;
};

/// What a long function is given to be stopped by and to report to. Copies share the stop state.
/// Long functions look at stopRequested() at least every 100 ms of work.
struct Run
{
    using Clock = std::chrono::steady_clock;

    std::stop_token stop;
    std::function<void(const Progress &)> progress; ///< called on the working thread; may be empty
    std::function<Clock::time_point()> now = [] { return Clock::now(); }; ///< replaced in tests

    bool stopRequested() const { return stop.stop_requested(); }
};

/// Turns amounts of finished work into Progress with a time estimate (elapsed × left / done).
class ProgressMeter
{
public:
    ProgressMeter(const Run &run, std::string stage, double total, int steps = -1) : m_run(run), m_start(run.now())
    {
        m_progress.stage = std::move(stage);
        m_progress.total = total;
        m_progress.steps = steps;
        m_progress.step = steps < 0 ? -1 : 0;
        report();
    }

    /// Adds finished work and tells the listener.
    void advance(double work)
    {
        m_progress.done += work;
        report();
    }

    /// One more of the things the user counts is finished.
    void finishStep() { ++m_progress.step; }

private:
    void report()
    {
        if (!m_run.progress)
            return;
        m_progress.elapsed = m_run.now() - m_start;
        if (m_progress.done > 0)
            m_progress.remaining = m_progress.elapsed * (m_progress.total - m_progress.done) / m_progress.done;
        m_run.progress(m_progress);
    }

    const Run &m_run;
    Run::Clock::time_point m_start;
    Progress m_progress;
};

} // namespace ecdysis
