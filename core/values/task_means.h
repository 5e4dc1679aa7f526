// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/values/task.h"

/// \file
/// Means over tasks.
namespace ecdysis {

/// Mean accuracy over tasks; NaN of none.
inline double meanAccuracy(const std::vector<TaskResult> &tasks)
{
    double sum = 0;
    for (const TaskResult &task : tasks)
        sum += task.accuracy.value;
    return tasks.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(tasks.size());
}

/// The same of the accuracies per character, where a task has one.
inline double meanAccuracyNorm(const std::vector<TaskResult> &tasks)
{
    double sum = 0;
    for (const TaskResult &task : tasks)
        sum += std::isnan(task.accuracyNorm.value) ? task.accuracy.value : task.accuracyNorm.value;
    return tasks.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(tasks.size());
}

/// A task of a published mean, and which accuracy it counts with.
struct MeanTask
{
    const char *name;              ///< what the name of a file begins with, letters and digits alone
    Estimate TaskResult::*measure; ///< which accuracy
};

/// The seven of Mamba-Shedder (arXiv 2501.17088), and the five that it has of Hymba.
inline constexpr MeanTask shedder7[] = {
    {"lambada", &TaskResult::accuracy},          {"hellaswag", &TaskResult::accuracyNorm},
    {"piqa", &TaskResult::accuracyNorm},         {"arceasy", &TaskResult::accuracy},
    {"arcchallenge", &TaskResult::accuracyNorm}, {"winogrande", &TaskResult::accuracy},
    {"openbookqa", &TaskResult::accuracyNorm}};
inline constexpr MeanTask shedder5[] = {{"hellaswag", &TaskResult::accuracy},
                                        {"piqa", &TaskResult::accuracy},
                                        {"arceasy", &TaskResult::accuracy},
                                        {"arcchallenge", &TaskResult::accuracy},
                                        {"winogrande", &TaskResult::accuracy}};

/// A published mean, where each of its tasks is there, by its file's name; the first of several.
inline std::optional<double> publishedMean(const std::vector<TaskResult> &tasks, std::span<const MeanTask> members)
{
    const auto letters = [](std::string name) {
        std::erase_if(name, [](char c) { return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'); });
        return name;
    };
    double sum = 0;
    for (const MeanTask &member : members) {
        const auto task = std::ranges::find_if(
            tasks, [&](const TaskResult &found) { return letters(found.name).starts_with(member.name); });
        if (task == tasks.end())
            return {};
        sum += ((*task).*member.measure).value;
    }
    return sum / static_cast<double>(members.size());
}

} // namespace ecdysis
