// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>

#include "core/pruning/applied_plan.h"
#include "core/values/run.h"

namespace ecdysis::analysis {

/// What hears of trials, which are named by their index.
struct TrialListener
{
    std::function<void(std::size_t trial, int layer)> passed; ///< a layer is computed
    /// The residual stream after the last layer, float32 (batch, time, channel), tokens only.
    std::function<void(std::size_t trial, const architectures::Network &network, const at::Tensor &residual)> finished;
};

/// Goes on from the stream entering `layer` under each of several plans, which do the same to the layers before it.
/// Plans of one network share what they can of that layer. Each result has the bits that the plan alone gives from the
/// embedding on. Gradients are not recorded. Throws Exception{Cancelled}.
void runTrials(const architectures::Stream &entering, int layer, std::span<const pruning::AppliedPlan> trials,
               const TrialListener &listener, const Run &run);

} // namespace ecdysis::analysis
