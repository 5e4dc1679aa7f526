// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/values/search.h"

/// \file
/// What the steps of a search say, computed from the values alone.
namespace ecdysis::pruning {

Plan with(Plan plan, const std::string &unit);
Plan without(Plan plan, const std::string &unit);

/// Units that went in a stage and did not come back, in their order.
std::vector<std::string> removedIn(int stage, const std::vector<SearchStep> &steps);

/// The losses on each item that a path has come to in its present stage.
const std::vector<double> &lossesOf(const SearchPath &path);

/// The lowest mean loss a stage has had with so many of its units gone; infinity if it never had so many.
double bestWith(std::size_t removals, int stage, const std::vector<SearchStep> &steps);

/// What candidates are compared by: the loss `after`, or its rise above `before` for each of `amount` saved. A rise
/// that is none is not divided: what lowers the loss comes first.
double value(double after, double before, double amount);

/// Items of the calibration that the candidates of the next step have been measured on.
std::size_t itemsMeasured(const SearchPath &path);

/// Candidates that have been measured on as many items as any.
std::vector<std::size_t> inRace(const std::vector<Candidate> &candidates);

/// What candidates are sorted by, lowest first: their values, among equals the mean of what decides there.
std::pair<double, double> rankOf(const Candidate &candidate);

/// The same of figures for each item. What decides among equals is infinite where it is NaN.
std::pair<double, double> rankOf(double value, const std::vector<double> &ties);

/// A candidate of a path.
struct Choice
{
    std::size_t path = 0;
    std::size_t candidate = 0;

    bool operator==(const Choice &) const = default;
};

/// The `count` best next steps of all paths: lowest ranks first, earlier ones among equals, none that leads to a set
/// of removed units which a better one leads to. NaN is never chosen.
std::vector<Choice> bestChoices(const SearchSettings &settings, const std::vector<SearchPath> &paths, int count);

} // namespace ecdysis::pruning
