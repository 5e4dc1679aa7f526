// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/kernels/state_duality.h"

#include <algorithm>
#include <limits>

#include <omp.h>

#include "tests/core/kernels/comparison.h"
#include "tests/core/kernels/random_operands.h"
#include "tests/support/support.h"

using namespace ecdysis::kernels;

namespace {

struct DualitySizes
{
    std::int64_t batch, time, heads, headSize, groups, states;
    bool optional = true;    ///< D and dtBias are there
    bool perChannel = false; ///< D is per channel
    float dtMin = 0;
    float dtMax = std::numeric_limits<float>::infinity();

    std::string label() const
    {
        return "batch " + std::to_string(batch) + ", time " + std::to_string(time) + ", heads " +
               std::to_string(heads) + " of " + std::to_string(headSize) + ", groups " + std::to_string(groups) +
               ", states " + std::to_string(states) + (optional ? "" : ", bare") + (perChannel ? ", D[c]" : "") +
               (dtMin > 1   ? ", nothing remembered"
                : dtMin > 0 ? ", clamped"
                            : "");
    }
};

const std::vector<DualitySizes> sizes{{1, 1, 1, 1, 1, 1},
                                      {1, 64, 2, 64, 1, 128},
                                      {2, 37, 4, 64, 2, 16},
                                      {1, 513, 2, 21, 1, 37, true, true},
                                      {3, 40, 6, 80, 3, 5, false},
                                      {1, 33, 8, 7, 4, 64, true, false, 0.02f, 0.05f},
                                      {1, 70, 3, 20, 1, 24, true, false, 4.0f, 6.0f}};

std::vector<std::string> labels()
{
    std::vector<std::string> all;
    for (const DualitySizes &s : sizes)
        all.push_back(s.label());
    return all;
}

/// Operands as slices of wider rows: x, B and C side by side as a convolution leaves them.
struct DualityOperands
{
    explicit DualityOperands(const DualitySizes &s) : sizes(s), width(s.heads * s.headSize + 2 * s.groups * s.states)
    {
        Normal normal(3);
        xbc = normal(s.batch * s.time * width);
        dt = normal(s.batch * s.time * (s.heads + 2));
        A = decayRates(normal, s.heads, 1);
        D = normal(s.heads * s.headSize);
        dtBias = stepBiases(normal, s.heads);
    }

    StateDuality duality() const
    {
        StateDuality ssd;
        ssd.batch = sizes.batch;
        ssd.time = sizes.time;
        ssd.heads = sizes.heads;
        ssd.headSize = sizes.headSize;
        ssd.groups = sizes.groups;
        ssd.states = sizes.states;
        ssd.x = xbc.data();
        ssd.B = ssd.x + sizes.heads * sizes.headSize;
        ssd.C = ssd.B + sizes.groups * sizes.states;
        ssd.xStride = ssd.bcStride = width;
        ssd.dt = dt.data() + 1;
        ssd.dtStride = sizes.heads + 2;
        ssd.A = A.data();
        ssd.D = sizes.optional ? D.data() : nullptr;
        ssd.dPerChannel = sizes.perChannel;
        ssd.dtBias = sizes.optional ? dtBias.data() : nullptr;
        ssd.dtMin = sizes.dtMin;
        ssd.dtMax = sizes.dtMax;
        return ssd;
    }

    std::vector<float> run() const
    {
        std::vector<float> y(static_cast<std::size_t>(sizes.batch * sizes.time * sizes.heads * sizes.headSize),
                             std::numeric_limits<float>::quiet_NaN());
        stateDuality(duality(), y.data());
        return y;
    }

    DualitySizes sizes;
    std::int64_t width;
    std::vector<float> xbc, dt, A, D, dtBias;
};

/// What is computed, in double precision.
struct DualityReference
{
    Doubles y;
    Doubles leaving; ///< (batch, heads, headSize, states)
};

/// One channel of one head by the recurrence.
void referenceChannel(const StateDuality &s, std::int64_t batch, std::int64_t head, std::int64_t p, DualityReference &r)
{
    const std::int64_t group = head / (s.heads / s.groups);
    const std::int64_t channel = head * s.headSize + p;
    const auto own = static_cast<std::ptrdiff_t>((batch * s.heads * s.headSize + channel) * s.states);
    Doubles state(static_cast<std::size_t>(s.states));
    if (s.entering)
        std::copy_n(s.entering + own, s.states, state.begin());
    for (std::int64_t t = 0; t < (s.lengths ? s.lengths[batch] : s.time); ++t) {
        const std::int64_t row = batch * s.time + t;
        const double raw = static_cast<double>(s.dt[row * s.dtStride + head]) + (s.dtBias ? s.dtBias[head] : 0.0);
        const double soft = raw > 20 ? raw : std::log1p(std::exp(raw));
        const double dt = std::min<double>(std::max<double>(soft, s.dtMin), s.dtMax);
        const double x = static_cast<double>(s.x[row * s.xStride + channel]);
        double sum = s.D ? static_cast<double>(s.D[s.dPerChannel ? channel : head]) * x : 0.0;
        for (std::int64_t n = 0; n < s.states; ++n) {
            double &h = state[static_cast<std::size_t>(n)];
            const std::int64_t place = row * s.bcStride + group * s.states + n;
            h = std::exp(dt * static_cast<double>(s.A[head])) * h + dt * x * static_cast<double>(s.B[place]);
            sum += h * static_cast<double>(s.C[place]);
        }
        r.y[static_cast<std::size_t>(row * s.heads * s.headSize + channel)] = sum;
    }
    std::ranges::copy(state, r.leaving.begin() + own);
}

DualityReference reference(const StateDuality &s)
{
    DualityReference r;
    r.y.resize(static_cast<std::size_t>(s.batch * s.time * s.heads * s.headSize));
    r.leaving.resize(static_cast<std::size_t>(s.batch * s.heads * s.headSize * s.states));
    for (std::int64_t batch = 0; batch < s.batch; ++batch)
        for (std::int64_t head = 0; head < s.heads; ++head)
            for (std::int64_t p = 0; p < s.headSize; ++p)
                referenceChannel(s, batch, head, p, r);
    return r;
}

} // namespace

class TestStateDuality : public QObject
{
    Q_OBJECT

private slots:
    void matchesLoops_data() { addRows(labels()); }
    void matchesLoops();
    void pieces_data() { addRows(labels()); }
    void pieces();
    void sameBits_data() { addRows({"one, two and three threads"}); }
    void sameBits();
};

void TestStateDuality::matchesLoops()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const DualityOperands o(sizes[static_cast<std::size_t>(index)]);
    VERIFY_CLOSE(o.run(), reference(o.duality()).y, 2e-6);
}

/// Rows that begin with states and end before the others.
void TestStateDuality::pieces()
{
    QFETCH(QString, instructions);
    QFETCH(int, index);
    const ChosenInstructions chosen(instructions);
    const DualityOperands o(sizes[static_cast<std::size_t>(index)]);
    StateDuality ssd = o.duality();
    const std::vector<float> entering = Normal(9)(ssd.batch * ssd.heads * ssd.headSize * ssd.states);
    ssd.entering = entering.data();
    for (const std::int64_t shorter : {0, 1, 33, 1000}) {
        std::vector<std::int64_t> lengths;
        for (std::int64_t row = 0; row < ssd.batch; ++row)
            lengths.push_back(std::max<std::int64_t>(0, ssd.time - row - shorter));
        ssd.lengths = shorter == 0 && ssd.batch == 1 ? nullptr : lengths.data();
        const DualityReference expected = reference(ssd);
        std::vector<float> y(expected.y.size());
        std::vector<float> leaving(entering.size(), std::numeric_limits<float>::quiet_NaN());
        stateDuality(ssd, y.data(), leaving.data());
        VERIFY_CLOSE(y, expected.y, 2e-6);
        VERIFY_CLOSE(leaving, expected.leaving, 2e-5); // errors of decays add up over hundreds of tokens
    }
}

void TestStateDuality::sameBits()
{
    QFETCH(QString, instructions);
    const ChosenInstructions chosen(instructions);
    const DualityOperands o({2, 70, 5, 24, 1, 48});
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const std::vector<float> one = o.run();
    for (const int count : {1, 2, 3}) {
        omp_set_num_threads(count);
        QCOMPARE(o.run(), one);
    }
    omp_set_num_threads(threads);
}

QTEST_APPLESS_MAIN(TestStateDuality)
#include "tst_state_duality.moc"
