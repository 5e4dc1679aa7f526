// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace ecdysis {

/// One measured effect: unit × amount × method. Losses are kept per window, so that every difference carries a paired
/// standard error.
struct Cell
{
    std::string unit; ///< id
    std::string kind;
    int layer = -1;
    std::string method = "removal";
    double amount = 1;          ///< fraction of the unit that is gone
    std::vector<double> losses; ///< mean negative log-likelihood of each window, nats per token; empty: not measured

    bool operator==(const Cell &) const = default;
};

/// A mean with its standard error (standard deviation of the mean over windows; NaN with fewer than two).
struct Estimate
{
    double value = 0;
    double standardError = 0;

    bool operator==(const Estimate &) const = default;
};

/// Mean of the windows' losses.
inline Estimate mean(const std::vector<double> &losses)
{
    const double count = static_cast<double>(losses.size());
    double sum = 0;
    for (double loss : losses)
        sum += loss;
    const double value = sum / count;
    double squares = 0;
    for (double loss : losses)
        squares += (loss - value) * (loss - value);
    return {value, count < 2 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(squares / (count - 1) / count)};
}

/// Mean of the windows' differences, with the error of paired samples.
/// Requires: both measured on the same windows.
inline Estimate pairedDifference(const std::vector<double> &losses, const std::vector<double> &reference)
{
    std::vector<double> differences(losses.size());
    for (std::size_t i = 0; i < losses.size(); ++i)
        differences[i] = losses[i] - reference[i];
    return mean(differences);
}

} // namespace ecdysis
