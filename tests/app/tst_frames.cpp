// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <ctime>

#include <QAbstractEventDispatcher>
#include <QElapsedTimer>
#include <QTimer>

#include "tests/support/desk.h"
#include "tests/support/sample_scan.h"

using namespace ecdysis;

namespace {

/// Milliseconds of this thread alone on a processor: other work of the machine does not count.
double processorTime()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

/// Rounds of the event loop in which something was painted.
class FrameWatch : public QObject
{
public:
    FrameWatch()
    {
        auto *loop = QAbstractEventDispatcher::instance();
        connect(loop, &QAbstractEventDispatcher::awake, this, [this] {
            end();
            begin();
        });
        connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, &FrameWatch::end);
        qApp->installEventFilter(this);
        m_clock.start();
        begin();
    }

    std::vector<double> processor, wall; ///< milliseconds of each frame

protected:
    bool eventFilter(QObject *, QEvent *event) override
    {
        m_painted = m_painted || event->type() == QEvent::Paint;
        return false;
    }

private:
    void begin()
    {
        m_processorStart = processorTime();
        m_wallStart = m_clock.nsecsElapsed();
        m_painted = false;
    }
    void end()
    {
        if (!m_painted)
            return;
        processor.push_back(processorTime() - m_processorStart);
        wall.push_back(static_cast<double>(m_clock.nsecsElapsed() - m_wallStart) / 1e6);
        m_painted = false;
    }

    QElapsedTimer m_clock;
    double m_processorStart = 0;
    qint64 m_wallStart = 0;
    bool m_painted = false;
};

QByteArray figures(std::vector<double> times)
{
    std::sort(times.begin(), times.end());
    const auto at = [&times](double share) { return times[static_cast<std::size_t>(share * (times.size() - 1))]; };
    return QStringLiteral("median %1, 99 %: %2, longest %3 ms")
        .arg(at(0.5), 0, 'f', 1)
        .arg(at(0.99), 0, 'f', 1)
        .arg(at(1), 0, 'f', 1)
        .toUtf8();
}

} // namespace

/// What the window's thread spends on a frame while the cells of a large scan arrive.
class TestFrames : public QObject
{
    Q_OBJECT

private slots:
    void cellsArriveWithoutLongFrames();
};

void TestFrames::cellsArriveWithoutLongFrames()
{
    const ModelCard card = sample::card(64);
    const Scan whole = sample::scan(card, {"block", "ssm", "attention", "mlp", "ssm_heads", "expert"}, 0, 20);
    Scan growing = sample::partial(whole, 0);
    Desk desk;
    desk.window->resize(1440, 900);
    desk.document.open(card, {growing}, {});
    QTest::qWait(200);
    std::size_t next = 0;
    QTimer job;
    job.setTimerType(Qt::PreciseTimer);
    connect(&job, &QTimer::timeout, this, [&] {
        growing.cells[next].losses = whole.cells[next].losses;
        desk.document.setScan(growing, static_cast<int>(next));
        if (++next == whole.cells.size())
            job.stop();
    });
    FrameWatch watch;
    job.start(10);
    QEventLoop loop; // QTest's own waiting sleeps between the rounds
    const auto quit = [&loop] { QTimer::singleShot(300, &loop, &QEventLoop::quit); };
    connect(&job, &QTimer::timeout, &loop, [&] {
        if (!job.isActive())
            quit();
    });
    loop.exec();
    QCOMPARE(next, whole.cells.size());
    qInfo("%zu frames; processor: %s", watch.processor.size(), figures(watch.processor).constData());
    qInfo("wall: %s", figures(watch.wall).constData());
    QVERIFY(watch.processor.size() > 30);
    std::sort(watch.processor.begin(), watch.processor.end());
    // Far above what is measured on an idle machine, for slower and busier ones.
    QVERIFY2(watch.processor[watch.processor.size() / 2] < 16, figures(watch.processor).constData());
}

QTEST_MAIN(TestFrames)
#include "tst_frames.moc"
