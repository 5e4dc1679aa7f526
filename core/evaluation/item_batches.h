// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "core/data/choice_task.h"
#include "core/evaluation/choice_accuracy.h"
#include "core/evaluation/passages.h"
#include "core/io/tokenizer.h"
#include "core/values/task.h"

/// \file
/// Tasks to be measured many times over, by batches of whole items.
namespace ecdysis::evaluation {

/// The tasks of a request, read and tokenised.
struct TaskSet
{
    std::vector<data::ChoiceTask> tasks;
    std::vector<TokenizedTask> tokens; ///< one a task
    std::string fingerprint; ///< SHA-256 of all tokens, of where choices are read and which is right, hexadecimal

    std::size_t items() const;
    std::int64_t tokenCount() const; ///< that are computed for all of them, those that fill up not counted
};

/// Throws Exception{InvalidArgument, NotFound, ReadFailed, BadFormat, Cancelled}, as evaluateTasks() does.
TaskSet readTaskSet(const std::filesystem::path &model, const TaskRequest &request, const Run &run);

/// Items of one task that are computed together: none waits for a passage of another batch.
struct ItemBatch
{
    PassageBatch passages;
    std::vector<std::size_t> items;             ///< indices within the task
    std::vector<std::vector<Reading>> readings; ///< of each item's choices; `first` counts the targets of the batch
};

/// The items of a task in batches of about so many tokens, the longest first.
std::vector<ItemBatch> itemBatches(const TokenizedTask &task, std::int64_t batchTokens);

/// What is predicted of the items of a batch, judged as choiceAccuracy() judges. `predicted`: one a target.
std::vector<Answer> answersOf(const data::ChoiceTask &task, const ItemBatch &batch,
                              const std::vector<Prediction> &predicted);

} // namespace ecdysis::evaluation
