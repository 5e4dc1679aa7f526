// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

/// \file
/// How alike two orders or two sets are.
namespace ecdysis::pruning {

/// The place of each key among all, ascending from 1; equal ones share the mean of their places.
std::vector<double> ranksOf(const std::vector<std::pair<double, double>> &keys);

/// Kendall's tau-b (Kendall 1945): pairs in the same order less those in the opposite one, over the geometric mean of
/// the numbers of pairs that either order tells apart. NaN where one tells none apart.
/// Requires: as many numbers in both.
double kendall(const std::vector<double> &one, const std::vector<double> &other);

/// Pearson's correlation: of ranks it is Spearman's rho. NaN where one does not vary. Requires: as many in both.
double correlation(const std::vector<double> &one, const std::vector<double> &other);

/// The share of what is in either set that is in both (Jaccard 1901); 1 of two empty ones.
double overlap(const std::set<std::string> &one, const std::set<std::string> &other);

} // namespace ecdysis::pruning
