// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "core/values/json.h"
#include "core/values/task.h"
#include "core/values/task_means.h"

/// \file
/// Results of tasks as JSON; keys are those of the command line's contract. What a task does not have is null.
namespace ecdysis {

inline void to_json(nlohmann::json &json, const TaskResult &task)
{
    using json_detail::number;
    json = {{"accuracy", number(task.accuracy.value)},
            {"accuracy_norm", number(task.accuracyNorm.value)},
            {"accuracy_bytes", number(task.accuracyBytes.value)},
            {"perplexity", number(task.perplexity)},
            {"examples", task.answers.size()},
            {"standard_error", number(task.accuracy.standardError)},
            {"standard_error_norm", number(task.accuracyNorm.standardError)},
            {"first_item_loglik",
             json_detail::numbers(task.answers.empty() ? std::vector<double>() : task.answers.front().logLikelihoods)},
            {"tokens", task.tokens},
            {"tokens_unshared", task.tokensUnshared},
            {"seconds", task.seconds}};
}

inline void to_json(nlohmann::json &json, const TaskEvaluation &evaluation)
{
    const auto orNull = [](std::optional<double> mean) { return mean ? json_detail::number(*mean) : nlohmann::json(); };
    auto tasks = nlohmann::json::object();
    for (const TaskResult &task : evaluation.tasks)
        tasks[task.name] = task;
    json = {{"tasks", tasks},
            {"mean", json_detail::number(meanAccuracy(evaluation.tasks))},
            {"mean_norm", json_detail::number(meanAccuracyNorm(evaluation.tasks))},
            {"shedder7", orNull(publishedMean(evaluation.tasks, shedder7))},
            {"shedder5", orNull(publishedMean(evaluation.tasks, shedder5))},
            {"provenance", evaluation.provenance},
            {"plan_fingerprint", evaluation.planFingerprint}};
}

} // namespace ecdysis
