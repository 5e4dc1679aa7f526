// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/recall.h"

namespace ecdysis::evaluation {

/// How well a model under a plan, and unless the plan is empty the dense one on the same sequences, recalls over
/// distances. The sequences of a distance depend on it, the seed and the tokenizer alone.
/// Throws Exception{InvalidArgument, NotFound or Unsupported (tokenizer), Mismatch, Cancelled}.
RecallReport evaluateRecall(const Model::State &model, const RecallRequest &request, const Plan &plan, const Run &run);

} // namespace ecdysis::evaluation
