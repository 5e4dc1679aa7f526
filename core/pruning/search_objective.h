// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/data/windows.h"
#include "core/model.h"

/// \file
/// What a search measures of a plan.
namespace ecdysis::pruning {

/// A figure for each item of a calibration, lower is better; its mean is what plans are compared by.
struct Objective
{
    std::vector<at::Tensor> batches; ///< int64 (item, token)
    double passes = 1;               ///< of the head for each measurement
    /// From the residual stream after the last layer, float32 (item, time, channel), of batches[batch]: one figure an
    /// item.
    std::function<std::vector<double>(const architectures::Network &network, std::size_t batch,
                                      const at::Tensor &residual, const Run &run)>
        measure;
};

/// How an objective is made.
struct ObjectiveKind
{
    const char *name; ///< "nll"
    const char *meaning;
    /// `tokens` are measured at a time, about. Throws Exception{Cancelled}.
    Objective (*make)(const Model::State &model, const data::Windows &windows, std::int64_t tokens, const Run &run);
};

/// All of them: "nll", the loss itself; "kl", the divergence of the predictions from those of the dense model.
std::span<const ObjectiveKind> objectives();

/// Throws Exception{InvalidArgument} with the names there are.
const ObjectiveKind &objectiveNamed(const std::string &name);

} // namespace ecdysis::pruning
