// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

/// \file
/// Dropping candidates early (racing: Maron & Moore 1994, Birattari et al. 2002).
namespace ecdysis::pruning {

/// Probability that Student's t of `freedom` degrees exceeds `t`: the finite series of Abramowitz & Stegun 26.7.3-4.
double studentTail(double t, int freedom);

/// Which candidates stay in a race: all but those whose mean lies above that of the best one at a level of
/// significance, by a one-sided paired t-test over the items measured so far. One of NaN never stays.
/// `losses[candidate][item]`, equally many items each, at least two.
std::vector<bool> stayInRace(const std::vector<std::vector<double>> &losses, double level);

} // namespace ecdysis::pruning
