// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "core/data/examples.h"
#include "core/model.h"
#include "core/values/plan.h"
#include "core/values/tuning.h"

namespace ecdysis::tuning {

/// Throws Exception{InvalidArgument} naming the setting that makes no sense.
void check(const TuningSettings &settings);

/// Hears of a run that has begun or grown by a step.
using TuningStep = std::function<void(const Tuning &tuning)>;

/// What a run ends with.
struct Tuned
{
    Tuning tuning;                  ///< without results
    architectures::Weights weights; ///< the best on what is held out, merged, float32
};

/// Tunes a model under a plan, from the run file of `folder` on where there is one: from step to step the mean gradient
/// over all labels of `accumulate` batches, clipped, and AdamW. The run file is written at the start, at each
/// validation and every `saveEvery` steps. Progress counts steps. Throws Exception{Cancelled, Mismatch, WriteFailed,
/// …}; what the run file holds stays.
Tuned tune(const Model::State &model, const Plan &plan, const TuningSettings &settings, const data::TrainingData &data,
           const std::filesystem::path &folder, int saveEvery, const TuningStep &step, const Run &run);

} // namespace ecdysis::tuning
