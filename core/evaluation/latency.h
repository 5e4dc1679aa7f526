// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/evaluation.h"

namespace ecdysis::evaluation {

/// Times prefill (embedding and all layers, no head) and decode (one token at a time from the recurrent state, with
/// head of the last position), each repeated after one warm-up. Decode latencies are of one token. Throws
/// Exception{Cancelled, InvalidArgument, Mismatch}.
BenchReport measureLatency(const Model::State &model, const BenchRequest &request, const Plan &plan, const Run &run);

} // namespace ecdysis::evaluation
