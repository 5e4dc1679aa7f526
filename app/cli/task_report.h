// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/values/task.h"

namespace ecdysis::cli {

/// What a measurement of tasks found, and, where it was asked for, what the dense model makes of the same items.
struct TaskFigures
{
    TaskEvaluation measured;
    std::optional<TaskEvaluation> dense;
};

/// tasks by name, the means; with a dense model also its figures, the per cent of them and the paired change.
nlohmann::json taskObject(const TaskFigures &figures);

/// The same as a table for people.
std::string taskText(const TaskFigures &figures);

/// The same as comma-separated values, a line a task.
std::string taskCsv(const TaskFigures &figures);

} // namespace ecdysis::cli
