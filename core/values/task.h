// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/values/cell.h"
#include "core/values/session.h"

namespace ecdysis {

/// Which zero-shot tasks are measured, and how.
struct TaskRequest
{
    std::vector<std::filesystem::path> files;
    int limit = 0;         ///< the first so many items of each; 0: all
    int maxLength = 0;     ///< tokens before the last one that a model sees, the earlier ones cut off; 0: all
    int batchTokens = 512; ///< that are computed at a time, about: memory and speed, not the result

    bool operator==(const TaskRequest &) const = default;
};

/// What a model makes of one item of a task.
struct Answer
{
    std::vector<double> logLikelihoods; ///< of each choice, summed over its tokens
    bool correct = false;               ///< the right choice is the likeliest; each token of an only choice was
    bool correctNorm = false;           ///< the same by likelihood per character of the choice
    bool correctBytes = false;          ///< the same by likelihood per byte of the choice in UTF-8

    bool operator==(const Answer &) const = default;
};

/// A zero-shot task as lm-evaluation-harness scores it. What a task does not have is NaN.
struct TaskResult
{
    std::string name; ///< of the file, without its ending
    std::vector<Answer> answers;
    Estimate accuracy;
    Estimate accuracyNorm;   ///< of items with choices
    Estimate accuracyBytes;  ///< of items with choices
    double perplexity = 0;   ///< exp of the mean −log-likelihood of the whole continuation, of items without choices
    std::int64_t tokens = 0; ///< that were computed
    std::int64_t tokensUnshared = 0; ///< that would have been, had each choice been computed by itself
    double seconds = 0;

    bool operator==(const TaskResult &) const = default;
};

/// A model under a plan on zero-shot tasks.
struct TaskEvaluation
{
    std::vector<TaskResult> tasks;
    Provenance provenance;
    std::string planFingerprint; ///< as Evaluation's

    bool operator==(const TaskEvaluation &) const = default;
};

} // namespace ecdysis
