// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/pruning/search_objective.h"

namespace ecdysis::pruning {

/// The errors on tasks, scored as `evaluation::choiceAccuracy()` scores its `accuracy`: of each item 0 or, where the
/// model is wrong, a weight such that the mean over all items is the mean over tasks of their shares of errors. Among
/// equals the mean negative log-likelihood of the right choice decides, nats per token, weighted alike. Both are NaN
/// for an item of which the model says NaN. Items follow one another task by task, the longest first, so that equally
/// many errors in each task give the same bits. `tasks` outlives the objective; `windows` is not looked at.
/// Throws Exception{Mismatch}: ids beyond the vocabulary.
Objective taskErrors(const Model::State &model, const data::Windows *windows, const evaluation::TaskSet *tasks,
                     std::int64_t tokens, const Run &run);

} // namespace ecdysis::pruning
