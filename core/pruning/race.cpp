// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/race.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/values/cell.h"

namespace ecdysis::pruning {

namespace {

/// Degrees of freedom that the typical spread counts for.
constexpr double priorFreedom = 4;

/// The candidate of the lowest mean; their number if each is NaN.
std::size_t bestOf(const std::vector<std::vector<double>> &losses)
{
    std::size_t best = losses.size();
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < losses.size(); ++i)
        if (const double value = mean(losses[i]).value; value < lowest) {
            best = i;
            lowest = value;
        }
    return best;
}

double medianOf(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

} // namespace

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

std::vector<bool> stayInRace(const std::vector<std::vector<double>> &losses, std::size_t items, double level)
{
    const std::size_t best = bestOf(losses);
    std::vector<bool> stays(losses.size(), false);
    if (best == losses.size())
        return stays;
    const auto measured = static_cast<double>(losses[best].size());
    std::vector<Estimate> above;
    std::vector<double> squares;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        above.push_back(pairedDifference(losses[i], losses[best]));
        if (i != best && !std::isnan(above[i].value))
            squares.push_back(above[i].standardError * above[i].standardError);
    }
    const double typical = medianOf(std::move(squares));
    const double freedom = measured - 1;
    const double unmeasured = 1 - measured / static_cast<double>(items);
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const double own = above[i].standardError * above[i].standardError;
        const double error =
            std::sqrt(unmeasured * (priorFreedom * typical + freedom * own) / (priorFreedom + freedom));
        const double t = above[i].value / error; // infinite where nothing is uncertain
        stays[i] = i == best || above[i].value <= 0 ||
                   (!std::isnan(t) && studentTail(t, static_cast<int>(priorFreedom + freedom)) >= level);
    }
    return stays;
}

} // namespace ecdysis::pruning
