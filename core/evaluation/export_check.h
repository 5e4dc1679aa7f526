// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/data/windows.h"
#include "core/model.h"
#include "core/values/export.h"
#include "core/values/plan.h"

namespace ecdysis::evaluation {

/// Evaluates a plan on the parent, and the model that was written from it, on the same windows. Both are computed in
/// one type, so that they may differ by the order of sums (1e-4 nats are allowed) and, where weights were written in a
/// type of fewer digits, by their rounding (ten times its relative size, in nats).
/// Throws Exception{Mismatch} where they differ by more.
ExportCheck checkExport(const Model::State &parent, const Plan &plan, const Model::State &written,
                        const data::Windows &windows, const Run &run);

} // namespace ecdysis::evaluation
