// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <chrono>
#include <stdexcept>
#include <thread>

#include <QSignalSpy>
#include <QTest>

#include "app/gui/job.h"

using namespace ecdysis;
using namespace std::chrono_literals;

namespace {

/// Works until it is stopped.
Result<int> untilStopped(const Run &run)
{
    while (!run.stopRequested())
        std::this_thread::sleep_for(1ms);
    return failure(ErrorCode::Cancelled, "stopped");
}

} // namespace

class TestJob : public QObject
{
    Q_OBJECT

private slots:
    void deliversOnTheOwnersThread();
    void cancelEndsTheWorkAndDeliversItsAnswer();
    void cancelBeforeTheStartKeepsTheWorkFromRunning();
    void exceptionBecomesAnError();
    void latestWins();
    void progressIsThinnedButItsEndArrives();
    void postsArriveInOrderBeforeTheResult();
    void destructorStopsAndWaits();
};

void TestJob::deliversOnTheOwnersThread()
{
    Lane lane;
    Job<int> job(lane);
    QThread *worker = nullptr;
    QThread *receiver = nullptr;
    int value = 0;
    job.start(
        [&worker](const Run &, const auto &) -> Result<int> {
            worker = QThread::currentThread();
            return 42;
        },
        [&](Result<int> result) {
            receiver = QThread::currentThread();
            value = *result;
        });
    QVERIFY(job.running());
    QTRY_COMPARE(value, 42);
    QVERIFY(!job.running());
    QCOMPARE(receiver, QThread::currentThread());
    QVERIFY(worker != receiver);
}

void TestJob::cancelEndsTheWorkAndDeliversItsAnswer()
{
    Lane lane;
    Job<int> job(lane);
    std::optional<ErrorCode> code;
    job.start([](const Run &run, const auto &) { return untilStopped(run); },
              [&code](const Result<int> &result) { code = result.error().code; });
    QTest::qWait(20);
    QVERIFY(!code);
    job.cancel();
    QTRY_VERIFY(code.has_value());
    QCOMPARE(*code, ErrorCode::Cancelled);
    QVERIFY(!job.running());
}

void TestJob::cancelBeforeTheStartKeepsTheWorkFromRunning()
{
    Lane lane;
    Job<int> first(lane);
    Job<int> second(lane);
    std::atomic<bool> ran = false;
    std::optional<ErrorCode> code;
    first.start([](const Run &run, const auto &) { return untilStopped(run); }, [](const Result<int> &) {});
    second.start(
        [&ran](const Run &, const auto &) -> Result<int> {
            ran = true;
            return 1;
        },
        [&code](const Result<int> &result) { code = result.error().code; });
    second.cancel();
    first.cancel();
    QTRY_VERIFY(code.has_value());
    QCOMPARE(*code, ErrorCode::Cancelled);
    QVERIFY(!ran);
}

void TestJob::exceptionBecomesAnError()
{
    Lane lane;
    Job<int> job(lane);
    std::optional<Error> error;
    job.start([](const Run &, const auto &) -> Result<int> { throw std::runtime_error("broken promise"); },
              [&error](const Result<int> &result) { error = result.error(); });
    QTRY_VERIFY(error.has_value());
    QCOMPARE(error->code, ErrorCode::Internal);
    QCOMPARE(error->message, std::string("broken promise"));
}

void TestJob::latestWins()
{
    Lane lane;
    Job<int> job(lane);
    QList<int> delivered;
    const auto deliver = [&delivered](const Result<int> &result) { delivered.append(result.value_or(-1)); };
    for (int i = 0; i < 5; ++i)
        job.start(
            [i](const Run &run, const auto &) -> Result<int> {
                if (i < 4)
                    return untilStopped(run);
                return i;
            },
            deliver);
    QTRY_COMPARE(delivered, QList<int>{4});
    QTest::qWait(50);
    QCOMPARE(delivered, QList<int>{4});
}

void TestJob::progressIsThinnedButItsEndArrives()
{
    Lane lane;
    QList<Progress> seen;
    Job<int> job(lane, [&seen](const Progress &progress) { seen.append(progress); });
    bool done = false;
    job.start(
        [](const Run &run, const auto &) -> Result<int> {
            ProgressMeter meter(run, "work", 300, 300);
            for (int i = 0; i < 300; ++i) {
                std::this_thread::sleep_for(1ms);
                meter.finishStep();
                meter.advance(1);
            }
            return 1;
        },
        [&done](const Result<int> &) { done = true; });
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY(done);
    QVERIFY2(seen.size() <= clock.elapsed() / 33 + 3, qPrintable(QString::number(seen.size())));
    QVERIFY(seen.size() >= 2);
    QCOMPARE(seen.last().done, 300.0);
    QCOMPARE(seen.last().step, 300);
}

void TestJob::postsArriveInOrderBeforeTheResult()
{
    Lane lane;
    Job<int> job(lane);
    QList<int> order;
    job.start(
        [&order](const Run &, const auto &post) -> Result<int> {
            for (int i = 0; i < 100; ++i)
                post([&order, i] { order.append(i); });
            return 100;
        },
        [&order](const Result<int> &result) { order.append(*result); });
    QTRY_COMPARE(order.size(), 101);
    QVERIFY(std::is_sorted(order.begin(), order.end()));
}

void TestJob::destructorStopsAndWaits()
{
    Lane lane;
    std::atomic<bool> ended = false;
    bool delivered = false;
    {
        Job<int> job(lane);
        job.start(
            [&ended](const Run &run, const auto &) {
                auto result = untilStopped(run);
                ended = true;
                return result;
            },
            [&delivered](const Result<int> &) { delivered = true; });
        while (lane.pool().activeThreadCount() == 0)
            std::this_thread::sleep_for(1ms);
        QTest::qSleep(20);
    }
    QVERIFY(ended);
    QTest::qWait(20);
    QVERIFY(!delivered);
}

QTEST_GUILESS_MAIN(TestJob)
#include "tst_job.moc"
