// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

#include "core/values/search.h"
#include "tests/core/model/scan_fixture.h"

/// \file
/// What the tests of searches share.

/// A folder with models and a text, and searches that suit them.
class SearchFixture : public ScanFixture
{
public:
    /// On one thread, unless a test is about several: small products wait longer for one another than they take.
    ecdysis::Model load(const std::string &fixture, int threads = 1) const
    {
        return ScanFixture::load(fixture, threads);
    }

    /// Windows of 64 tokens, 32 of which are a batch.
    ecdysis::SearchRequest request(std::vector<std::string> targets, int steps, int windows = 6) const
    {
        ecdysis::SearchStage stage{.targets = std::move(targets),
                                   .steps = steps,
                                   .text = path("text.txt").string(),
                                   .protocol = {.window = 64, .maxWindows = windows}};
        return {.settings = {.stages = {std::move(stage)}}, .session = {}};
    }

    std::vector<double> evaluated(const ecdysis::Model &model, const ecdysis::SearchRequest &asked,
                                  const ecdysis::Plan &plan) const
    {
        const ecdysis::SearchStage &stage = asked.settings.stages.front();
        return ecdysis::evaluate(model, stage.text, stage.protocol, plan, {}).value().losses;
    }
};

inline double meanOf(const std::vector<double> &losses)
{
    return ecdysis::mean(losses).value;
}

inline ecdysis::Plan planWith(ecdysis::Plan plan, const std::string &unit)
{
    plan.removals.push_back({unit, {}});
    return plan;
}

inline std::vector<std::string> unitsOf(const ecdysis::Search &search)
{
    std::vector<std::string> units;
    for (const ecdysis::Removal &removal : ecdysis::planOf(search.settings, search.paths.front()).removals)
        units.push_back(removal.unit);
    return units;
}

inline QString text(const std::vector<std::string> &units)
{
    QStringList list;
    for (const std::string &unit : units)
        list << QString::fromStdString(unit);
    return list.join(' ');
}
