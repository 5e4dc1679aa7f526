// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/race.h"

#include <cmath>
#include <numbers>

#include "core/values/cell.h"

namespace ecdysis::pruning {

double studentTail(double t, int freedom)
{
    const double angle = std::atan(t / std::sqrt(freedom));
    const double square = std::cos(angle) * std::cos(angle);
    const bool odd = freedom % 2 == 1;
    double term = odd ? std::cos(angle) : 1;
    double sum = freedom == 1 ? 0 : term;
    for (int k = odd ? 3 : 2; k < freedom; k += 2) {
        term *= square * (k - 1) / k;
        sum += term;
    }
    const double within =
        odd ? 2 / std::numbers::pi * (angle + std::sin(angle) * sum) : std::sin(angle) * sum; // P(|T| < t), signed
    return (1 - within) / 2;
}

std::vector<bool> stayInRace(const std::vector<std::vector<double>> &losses, double level)
{
    std::size_t best = losses.size();
    double lowest = 0;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const double value = mean(losses[i]).value;
        if (!std::isnan(value) && (best == losses.size() || value < lowest)) {
            best = i;
            lowest = value;
        }
    }
    std::vector<bool> stays(losses.size(), false);
    for (std::size_t i = 0; best < losses.size() && i < losses.size(); ++i) {
        const Estimate above = pairedDifference(losses[i], losses[best]);
        const int freedom = static_cast<int>(losses[i].size()) - 1;
        stays[i] = i == best || (!std::isnan(above.value) &&
                                 (above.value <= 0 || above.standardError == 0
                                      ? above.value <= 0
                                      : studentTail(above.value / above.standardError, freedom) >= level));
    }
    return stays;
}

} // namespace ecdysis::pruning
