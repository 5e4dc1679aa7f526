// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/agreement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ecdysis::pruning {

namespace {

/// -1, 0 or 1.
double sign(double value)
{
    return value > 0 ? 1 : value < 0 ? -1 : 0;
}

double meanOf(const std::vector<double> &values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

} // namespace

std::vector<double> ranksOf(const std::vector<std::pair<double, double>> &keys)
{
    std::vector<std::pair<double, double>> sorted = keys;
    std::ranges::sort(sorted);
    std::vector<double> ranks;
    for (const auto &key : keys) {
        const auto equal = std::ranges::equal_range(sorted, key);
        const auto first = static_cast<double>(equal.begin() - sorted.begin()) + 1;
        ranks.push_back(first + (static_cast<double>(equal.size()) - 1) / 2);
    }
    return ranks;
}

double kendall(const std::vector<double> &one, const std::vector<double> &other)
{
    double agreeing = 0, apartInOne = 0, apartInOther = 0;
    for (std::size_t i = 0; i < one.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double a = sign(one[i] - one[j]), b = sign(other[i] - other[j]);
            agreeing += a * b;
            apartInOne += a * a;
            apartInOther += b * b;
        }
    return agreeing / std::sqrt(apartInOne * apartInOther);
}

double correlation(const std::vector<double> &one, const std::vector<double> &other)
{
    const double meanOne = meanOf(one), meanOther = meanOf(other);
    double common = 0, squaresOne = 0, squaresOther = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        common += (one[i] - meanOne) * (other[i] - meanOther);
        squaresOne += (one[i] - meanOne) * (one[i] - meanOne);
        squaresOther += (other[i] - meanOther) * (other[i] - meanOther);
    }
    return common / std::sqrt(squaresOne * squaresOther);
}

double overlap(const std::set<std::string> &one, const std::set<std::string> &other)
{
    std::size_t both = 0;
    for (const std::string &unit : one)
        both += other.count(unit);
    const std::size_t either = one.size() + other.size() - both;
    return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

} // namespace ecdysis::pruning
