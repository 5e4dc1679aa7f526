// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include <QFuture>
#include <QObject>
#include <QThreadPool>
#include <QtConcurrent>

#include "core/values/result.h"
#include "core/values/run.h"

namespace ecdysis {

/// The worker lane: one thread, because the libraries below use all processors for one piece of work.
class Lane
{
public:
    Lane() { m_pool.setMaxThreadCount(1); }
    QThreadPool &pool() { return m_pool; }

private:
    QThreadPool m_pool;
};

/// Keeps the newest progress and lets one through every 33 ms, so that a quick worker does not flood the window.
class ProgressGate
{
public:
    /// Takes a report from the worker; true when the window should be told to look.
    bool offer(const Progress &progress)
    {
        const std::lock_guard lock(m_mutex);
        const auto now = Run::Clock::now();
        m_newest = progress;
        const bool last = progress.total > 0 && progress.done >= progress.total;
        if (m_pending || (!last && now - m_told < std::chrono::milliseconds(33)))
            return false;
        m_told = now;
        m_pending = true;
        return true;
    }

    /// The newest report, for the window.
    Progress take()
    {
        const std::lock_guard lock(m_mutex);
        m_pending = false;
        return m_newest;
    }

private:
    std::mutex m_mutex;
    Progress m_newest;
    Run::Clock::time_point m_told{};
    bool m_pending = false;
};

/// One kind of long work in the lane, with a result for the thread that owns the job. Latest wins: start() cancels the
/// work before it, whose result, progress and posts are then never delivered. The destructor cancels and waits.
template <typename T> class Job
{
public:
    /// Runs a piece of window code later on the owner's thread, if the job is still the newest one.
    using Post = std::function<void(std::function<void()>)>;
    using Work = std::function<Result<T>(const Run &, const Post &)>;
    using Done = std::function<void(Result<T>)>;

    explicit Job(Lane &lane, std::function<void(const Progress &)> onProgress = {})
        : m_pool(lane.pool()), m_onProgress(std::move(onProgress))
    {
    }
    Job(const Job &) = delete;
    Job &operator=(const Job &) = delete;
    ~Job() { end(); }

    /// Cancels the work and waits for it; nothing of it is delivered any more.
    void end()
    {
        ++m_newest;
        m_running = false;
        m_stop.request_stop();
        m_future.waitForFinished();
    }

    bool running() const { return m_running; }

    /// Asks the work to end; it then delivers what it returns, ErrorCode::Cancelled as a rule.
    void cancel() { m_stop.request_stop(); }

    /// Puts the work into the lane. `work` runs there; `done` runs on the calling thread.
    void start(Work work, Done done)
    {
        m_stop.request_stop();
        m_stop = std::stop_source();
        m_running = true;
        const int id = ++m_newest;
        const Post post = [this, id](std::function<void()> call) { postTo(id, std::move(call)); };
        const auto gate = std::make_shared<ProgressGate>();
        Run run{.stop = m_stop.get_token()};
        run.progress = [this, post, gate](const Progress &progress) {
            if (gate->offer(progress))
                post([this, gate] { tell(gate->take()); });
        };
        // Promise mode: the future's own cancellation, by whoever holds it, reaches the work as a stop request too.
        m_future = QtConcurrent::run(&m_pool, [this, run, post, stop = m_stop, work = std::move(work),
                                               done = std::move(done)](QPromise<void> &promise) {
            auto result = std::make_shared<Result<T>>(finish(run, post, stop, work, promise));
            post([this, result, done] {
                m_running = false;
                done(std::move(*result));
            });
        });
    }

private:
    static Result<T> finish(const Run &run, const Post &post, std::stop_source stop, const Work &work,
                            QPromise<void> &promise)
    {
        if (promise.isCanceled())
            stop.request_stop();
        if (run.stopRequested())
            return failure(ErrorCode::Cancelled, "cancelled before it began");
        try {
            return work(run, post);
        } catch (const std::exception &exception) {
            return failure(ErrorCode::Internal, exception.what());
        }
    }

    void postTo(int id, std::function<void()> call)
    {
        QMetaObject::invokeMethod(
            &m_context,
            [this, id, call = std::move(call)] {
                if (id == m_newest)
                    call();
            },
            Qt::QueuedConnection);
    }

    void tell(const Progress &progress)
    {
        if (m_onProgress && m_running)
            m_onProgress(progress);
    }

    QThreadPool &m_pool;
    std::function<void(const Progress &)> m_onProgress;
    std::stop_source m_stop;
    int m_newest = 0; ///< number of the newest start
    bool m_running = false;
    QFuture<void> m_future;
    QObject m_context; ///< lives on the owner's thread; calls still queued for it die with it
};

} // namespace ecdysis
