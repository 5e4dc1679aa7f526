// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/evaluation.h"
#include "core/values/latency.h"

/// \file
/// Times and memory of a model as a plan leaves it: what is removed is cut out of the weights and costs nothing.
namespace ecdysis::evaluation {

/// Times prefill (embedding and all layers, no head) and decode (one token at a time from the states behind the
/// prefill's tokens, with head of the last position), each repeated after one warm-up, decode going on where the run
/// before ended. Decode latencies are of one token. Throws
/// Exception{Cancelled, InvalidArgument, Mismatch}.
BenchReport measureLatency(const Model::State &model, const BenchRequest &request, const Plan &plan, const Run &run);

/// The same of a plan and of the dense model, run by run in turn. The peak memory is that of both. Throws the same.
LatencyComparison compareLatency(const Model::State &model, const BenchRequest &request, const Plan &plan,
                                 const Run &run);

/// Bytes of the states of `batch` sequences behind `context` tokens, exactly, from the shapes after one step: keys and
/// values grow with each token, nothing else does. Throws Exception{InvalidArgument, Mismatch, Cancelled}.
StateMemory stateMemory(const Model::State &model, int batch, int context, const Plan &plan, const Run &run);

} // namespace ecdysis::evaluation
