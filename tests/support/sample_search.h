// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/values/search.h"

namespace sample {

/// A search with a value in every field, under way in its second stage.
inline ecdysis::Search search()
{
    using namespace ecdysis;
    const SearchStage blocks{.targets = {"block", "mlp"},
                             .steps = 1,
                             .groups = {{"mlp_channels", 1024}},
                             .order = "magnitude",
                             .text = "/texts/a.txt",
                             .protocol = {.window = 512, .maxWindows = 2, .draw = 0xffff'ffff'ffff'fff0U}};
    const SearchStep step{.stage = 0,
                          .unit = "block:5",
                          .losses = {4.5, 0.1 + 0.2},
                          .parameters = 123,
                          .bytes = 246,
                          .flopsPerToken = 99.5,
                          .milliseconds = 12.25,
                          .candidates = {{"block:5", {4.5, 0.1 + 0.2}, 2.4, {1.5, 0.75}}, {"mlp:1", {5}, 5, {}}},
                          .evaluations = 3.75,
                          .bruteForce = 7.5,
                          .accuracy = 0.1 + 0.7};
    SearchStep back = step;
    back.stage = 1;
    back.putBack = true;
    const SearchPath path{.steps = {step, back},
                          .orders = {{"mlp_channels", 3, "magnitude", {2, 0, 1}}},
                          .starts = {{4.25, 4.5}, {1e-300, 2}},
                          .candidates = {{"ssm:1", {4.75}, 0, {}}}};
    return {.settings = {.stages = {blocks, {.targets = {"ssm"}}},
                         .start = {{{"ssm:0", "weak"}}, {}},
                         .objective = "kl",
                         .per = "byte",
                         .bounds = {{"latency", 1.5}, {"kl", 0.25}},
                         .ranking = "removal",
                         .race = 0.05,
                         .beam = 2,
                         .floating = true,
                         .tasks = {"/tasks/a.jsonl", "/tasks/b.jsonl"},
                         .taskLimit = 50,
                         .taskLength = 512},
            .calibrations = {{"/texts/a.txt", blocks.protocol, 1000, 2, "abc"}},
            .provenance = {"5eed", DType::BF16, "cpu", 2, 7, {{"b", "2"}}, "2026-11-22T10:00:00Z"},
            .paths = {path, {}},
            .reason = "latency",
            .seconds = 1.5,
            .tasksFingerprint = "def"};
}

} // namespace sample
