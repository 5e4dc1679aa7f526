// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/data/windows.h"
#include "core/evaluation/item_batches.h"
#include "core/model.h"

/// \file
/// What a search measures of a plan.
namespace ecdysis::pruning {

/// What is measured of some items, windows or those of tasks.
struct Figures
{
    std::vector<double> losses; ///< one an item, lower is better; their mean is what plans are compared by
    std::vector<double> ties;   ///< the same, for plans of equal losses; empty where the objective has no such figure
};

/// How items are measured, some at a time.
struct Objective
{
    std::vector<at::Tensor> batches; ///< int64 (sequence, token)
    std::vector<std::size_t> items;  ///< of each batch
    double passes = 1;               ///< of the head for each measurement
    /// From the residual stream after the last layer, float32 (sequence, time, channel), of batches[batch].
    std::function<Figures(const architectures::Network &network, std::size_t batch, const at::Tensor &residual,
                          const Run &run)>
        measure;

    std::size_t itemCount() const;
};

/// How an objective is made.
struct ObjectiveKind
{
    const char *name; ///< "nll"
    const char *meaning;
    bool ofTasks; ///< whether it measures tasks; else the windows of a text
    /// Of what it measures the pointer is not null, and what it points to outlives the objective. `tokens` are measured
    /// at a time, about. Throws Exception{Cancelled, Mismatch (ids beyond the vocabulary)}.
    Objective (*make)(const Model::State &model, const data::Windows *windows, const evaluation::TaskSet *tasks,
                      std::int64_t tokens, const Run &run);
};

/// All of them: "nll", the loss itself; "kl", the divergence of the predictions from those of the dense model;
/// "accuracy", the errors on tasks.
std::span<const ObjectiveKind> objectives();

/// Throws Exception{InvalidArgument} with the names there are.
const ObjectiveKind &objectiveNamed(const std::string &name);

} // namespace ecdysis::pruning
