// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

/// \file
/// Operands of kernels with reproducible contents of the magnitudes that models have.

/// Normal numbers of a deviation around a mean.
class Normal
{
public:
    explicit Normal(unsigned seed) : m_engine(seed) {}

    std::vector<float> operator()(std::int64_t count, float deviation = 1, float mean = 0)
    {
        std::normal_distribution<float> distribution(mean, deviation);
        std::vector<float> values(static_cast<std::size_t>(count));
        for (float &value : values)
            value = distribution(m_engine);
        return values;
    }

private:
    std::mt19937 m_engine;
};

/// -1, -2, ... -states, each off by a tenth or so: as models start and roughly stay.
inline std::vector<float> decayRates(Normal &normal, std::int64_t channels, std::int64_t states)
{
    std::vector<float> rates = normal(channels * states, 0.1f, 1.0f);
    for (std::int64_t i = 0; i < channels * states; ++i)
        rates[static_cast<std::size_t>(i)] *= -static_cast<float>(i % states + 1);
    return rates;
}

/// Biases for which softplus gives steps from 0.001 to 0.1.
inline std::vector<float> stepBiases(Normal &normal, std::int64_t channels)
{
    std::vector<float> biases = normal(channels, 1.0f, -4.6f);
    for (float &bias : biases)
        bias = std::log(std::expm1(std::exp(bias)));
    return biases;
}
