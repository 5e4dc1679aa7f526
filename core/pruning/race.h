// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

/// \file
/// Dropping candidates early (racing: Maron & Moore 1994, Birattari et al. 2002).
namespace ecdysis::pruning {

/// Probability that Student's t of `freedom` degrees exceeds `t`: the finite series of Abramowitz & Stegun 26.7.3-4.
double studentTail(double t, int freedom);

/// Which candidates stay in a race: all but those whose mean over all `items` will lie above that of the one that is
/// best so far, by a one-sided paired t-test at a level of significance. As there are few items to judge a spread by,
/// that of each difference is drawn towards the median of all of them (Smyth 2004, moderated t), and the part of the
/// items that is measured already is none to be uncertain of (finite population). One of NaN never stays.
/// `losses[candidate][item]`, equally many each, at least two.
std::vector<bool> stayInRace(const std::vector<std::vector<double>> &losses, std::size_t items, double level);

} // namespace ecdysis::pruning
