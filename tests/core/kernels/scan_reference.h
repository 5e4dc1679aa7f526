// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/kernels/selective_scan.h"
#include "tests/core/kernels/comparison.h"
#include "tests/core/kernels/random_operands.h"

/// \file
/// Operands of a selective scan with what surrounds them, and the scan as loops in double precision, forwards and in
/// reverse.

struct ScanSizes
{
    std::int64_t batch;
    std::int64_t time;
    std::int64_t channels;
    std::int64_t states;
    bool optional = true; ///< z, D and dtBias are there
    float steepness = 1;  ///< factor on A

    std::string label() const
    {
        return "batch " + std::to_string(batch) + ", time " + std::to_string(time) + ", channels " +
               std::to_string(channels) + ", states " + std::to_string(states) + (optional ? "" : ", bare") +
               (steepness > 1 ? ", steep" : "");
    }
};

/// Matrices lie in wider rows, as slices of projections do; between the slices are values that must not be touched or
/// used.
struct ScanOperands
{
    explicit ScanOperands(const ScanSizes &s, unsigned seed = 1) : sizes(s)
    {
        Normal normal(seed);
        const std::int64_t rows = s.batch * s.time;
        xz = normal(rows * (2 * s.channels + 3));
        dt = normal(rows * (s.channels + 1));
        bc = normal(rows * (2 * s.states + 5));
        A = decayRates(normal, s.channels, s.states);
        for (float &a : A)
            a *= s.steepness;
        D = normal(s.channels, 0.5f, 1.0f);
        dtBias = stepBiases(normal, s.channels);
        dy = normal(rows * s.channels);
    }

    ecdysis::kernels::SelectiveScan scan() const
    {
        ecdysis::kernels::SelectiveScan scan;
        scan.batch = sizes.batch;
        scan.time = sizes.time;
        scan.channels = sizes.channels;
        scan.states = sizes.states;
        scan.x = xz.data() + 1;
        scan.xStride = 2 * sizes.channels + 3;
        scan.dt = dt.data();
        scan.dtStride = sizes.channels + 1;
        scan.B = bc.data() + 3;
        scan.C = bc.data() + 3 + sizes.states;
        scan.bcStride = 2 * sizes.states + 5;
        scan.A = A.data();
        if (sizes.optional) {
            scan.z = xz.data() + 2 + sizes.channels;
            scan.zStride = scan.xStride;
            scan.D = D.data();
            scan.dtBias = dtBias.data();
        }
        return scan;
    }

    ScanSizes sizes;
    std::vector<float> xz;
    std::vector<float> dt;
    std::vector<float> bc;
    std::vector<float> A;
    std::vector<float> D;
    std::vector<float> dtBias;
    std::vector<float> dy;
};

/// y and the gradients of Σ y dy.
struct ScanReference
{
    Doubles y;
    Doubles leaving; ///< (batch, channels, states)
    Doubles x, dt, z, B, C, A, D, dtBias;
};

namespace reference {

inline double sigmoid(double x)
{
    return 1 / (1 + std::exp(-x));
}
inline double softplus(double x)
{
    return x > 20 ? x : std::log1p(std::exp(x));
}

/// One channel of one batch row.
class Channel
{
public:
    Channel(const ecdysis::kernels::SelectiveScan &scan, std::int64_t batch, std::int64_t channel)
        : m_scan(scan), m_batch(batch), m_channel(channel),
          m_states(static_cast<std::size_t>((scan.time + 1) * scan.states)),
          m_ungated(static_cast<std::size_t>(scan.time))
    {
    }

    void forward(ScanReference &r)
    {
        const std::int64_t length = m_scan.lengths ? m_scan.lengths[m_batch] : m_scan.time;
        const std::int64_t own = (m_batch * m_scan.channels + m_channel) * m_scan.states;
        for (std::int64_t n = 0; m_scan.entering && n < m_scan.states; ++n)
            state(0, n) = static_cast<double>(m_scan.entering[own + n]);
        for (std::int64_t t = 0; t < length; ++t) {
            const double dt = softplus(step(t));
            double y = skip() * x(t);
            for (std::int64_t n = 0; n < m_scan.states; ++n) {
                state(t + 1, n) = std::exp(dt * rate(n)) * state(t, n) + dt * x(t) * B(t, n);
                y += state(t + 1, n) * C(t, n);
            }
            m_ungated[static_cast<std::size_t>(t)] = y;
            r.y[place(t)] = m_scan.z ? y * z(t) * sigmoid(z(t)) : y;
        }
        for (std::int64_t n = 0; n < m_scan.states; ++n)
            r.leaving[static_cast<std::size_t>(own + n)] = state(length, n);
    }

    /// After forward(): gradients in reverse, added where channels or rows share them.
    void backward(const float *dy, ScanReference &r)
    {
        Doubles dh(static_cast<std::size_t>(m_scan.states));
        for (std::int64_t t = m_scan.time - 1; t >= 0; --t) {
            const double dt = softplus(step(t));
            const double g = ungatedGradient(t, static_cast<double>(dy[place(t)]), r);
            double toStep = 0;
            double toInput = 0;
            for (std::int64_t n = 0; n < m_scan.states; ++n) {
                const auto row = static_cast<std::size_t>((m_batch * m_scan.time + t) * m_scan.states + n);
                double &carried = dh[static_cast<std::size_t>(n)];
                const double q = carried + g * C(t, n);
                carried = q * std::exp(dt * rate(n));
                r.B[row] += q * dt * x(t);
                r.C[row] += g * state(t + 1, n);
                r.A[static_cast<std::size_t>(m_channel * m_scan.states + n)] += carried * state(t, n) * dt;
                toInput += q * B(t, n);
                toStep += carried * state(t, n) * rate(n);
            }
            r.x[place(t)] = g * skip() + toInput * dt;
            r.dt[place(t)] = (toStep + toInput * x(t)) * sigmoid(step(t));
            r.D[static_cast<std::size_t>(m_channel)] += g * x(t);
            r.dtBias[static_cast<std::size_t>(m_channel)] += r.dt[place(t)];
        }
    }

private:
    double ungatedGradient(std::int64_t t, double dy, ScanReference &r) const
    {
        if (!m_scan.z)
            return dy;
        const double gate = sigmoid(z(t));
        r.z[place(t)] = dy * m_ungated[static_cast<std::size_t>(t)] * gate * (1 + z(t) * (1 - gate));
        return dy * z(t) * gate;
    }

    double at(const float *matrix, std::int64_t stride, std::int64_t t, std::int64_t column) const
    {
        return static_cast<double>(matrix[(m_batch * m_scan.time + t) * stride + column]);
    }
    double x(std::int64_t t) const { return at(m_scan.x, m_scan.xStride, t, m_channel); }
    double z(std::int64_t t) const { return at(m_scan.z, m_scan.zStride, t, m_channel); }
    double B(std::int64_t t, std::int64_t n) const { return at(m_scan.B, m_scan.bcStride, t, n); }
    double C(std::int64_t t, std::int64_t n) const { return at(m_scan.C, m_scan.bcStride, t, n); }
    double step(std::int64_t t) const
    {
        return at(m_scan.dt, m_scan.dtStride, t, m_channel) + (m_scan.dtBias ? m_scan.dtBias[m_channel] : 0.0);
    }
    double rate(std::int64_t n) const { return static_cast<double>(m_scan.A[m_channel * m_scan.states + n]); }
    double skip() const { return m_scan.D ? static_cast<double>(m_scan.D[m_channel]) : 0.0; }
    double &state(std::int64_t t, std::int64_t n) { return m_states[static_cast<std::size_t>(t * m_scan.states + n)]; }
    std::size_t place(std::int64_t t) const
    {
        return static_cast<std::size_t>((m_batch * m_scan.time + t) * m_scan.channels + m_channel);
    }

    const ecdysis::kernels::SelectiveScan &m_scan;
    std::int64_t m_batch;
    std::int64_t m_channel;
    Doubles m_states; ///< before each token, and after the last
    Doubles m_ungated;
};

inline ScanReference scan(const ecdysis::kernels::SelectiveScan &s, const float *dy)
{
    const auto size = [](std::int64_t a, std::int64_t b) { return Doubles(static_cast<std::size_t>(a * b)); };
    const std::int64_t rows = s.batch * s.time;
    ScanReference r;
    r.y = r.x = r.dt = r.z = size(rows, s.channels);
    r.B = r.C = size(rows, s.states);
    r.leaving = size(s.batch, s.channels * s.states);
    r.A = size(s.channels, s.states);
    r.D = r.dtBias = size(s.channels, 1);
    for (std::int64_t batch = 0; batch < s.batch; ++batch)
        for (std::int64_t c = 0; c < s.channels; ++c) {
            Channel channel(s, batch, c);
            channel.forward(r);
            channel.backward(dy, r);
        }
    return r;
}

} // namespace reference
