// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_bounds.h"

namespace ecdysis::pruning {

namespace {

/// Far below what one item of a task weighs, and above what sums of weights lose.
constexpr double rounding = 1e-9;

} // namespace

std::string boundReached(const SearchSettings &settings, const SearchStep &step)
{
    const std::map<std::string, double> reached = {{"parameters", static_cast<double>(step.parameters)},
                                                   {"bytes", static_cast<double>(step.bytes)},
                                                   {"flops", step.flopsPerToken},
                                                   {"latency", step.milliseconds}};
    for (const auto &[name, bound] : settings.bounds)
        if (const auto found = reached.find(name); found != reached.end() && found->second <= bound)
            return name;
    return {};
}

bool exceedsLoss(const SearchSettings &settings, double loss)
{
    const auto bound = settings.bounds.find(settings.objective);
    return bound != settings.bounds.end() && bound->first != "accuracy" && loss > bound->second;
}

bool fallsBelowAccuracy(const SearchSettings &settings, const SearchStep &step)
{
    const auto bound = settings.bounds.find("accuracy");
    return bound != settings.bounds.end() && !(*step.accuracy >= bound->second - rounding);
}

} // namespace ecdysis::pruning
