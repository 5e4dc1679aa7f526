// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <vector>

#include "core/data/choice_task.h"
#include "core/evaluation/passages.h"
#include "core/io/tokenizer.h"
#include "core/values/task.h"

namespace ecdysis::evaluation {

/// Where the likelihood of a choice is read: the tokens of its continuation are the targets `first` … `first + count -
/// 1` of a passage.
struct Reading
{
    std::size_t passage = 0;
    std::size_t first = 0;
    std::size_t count = 0;
};

/// A task as tokens: the passages to compute, and the readings of each item's choices.
struct TokenizedTask
{
    Passages passages;
    std::vector<std::vector<Reading>> items;
    std::int64_t tokensUnshared = 0; ///< of the passages, had each choice one of its own
};

/// The tokens of a choice are those of context and continuation together, without any that the tokenizer adds; those
/// of the continuation are what exceeds the count of the context's. With `maxLength`, no more than so many tokens are
/// seen, the last ones (0: all). A choice whose tokens are the beginning of those that another choice of its item has,
/// is read from that one's passage: choices of one token share a single passage. The passages of an item have a stem
/// where that saves work.
/// Throws Exception{BadFormat (`source` and item: a context or a continuation without tokens), Cancelled}.
TokenizedTask tokenized(const data::ChoiceTask &task, const io::Tokenizer &tokenizer, int maxLength,
                        const std::string &source, const Run &run);

/// What is predicted of the tokens of each choice, judged.
Answer answerTo(const data::Item &item, const std::vector<std::span<const Prediction>> &predictions);

/// The tasks of a request. Throws Exception{InvalidArgument (numbers, or two files of one name), NotFound, ReadFailed,
/// BadFormat, Cancelled}.
std::vector<data::ChoiceTask> readTasks(const TaskRequest &request, const Run &run);

/// A task under a plan as lm-evaluation-harness scores it; see TaskResult.
/// Throws Exception{BadFormat, Mismatch, Cancelled}.
TaskResult choiceAccuracy(const pruning::AppliedPlan &model, const data::ChoiceTask &task,
                          const io::Tokenizer &tokenizer, const TaskRequest &request, const std::string &source,
                          const Run &run);

/// All tasks of a request. Throws also what readTasks() does.
TaskEvaluation evaluateTasks(const Model::State &model, const TaskRequest &request, const Plan &plan, const Run &run);

} // namespace ecdysis::evaluation
