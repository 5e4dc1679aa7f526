// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/data/windows.h"
#include "core/layers/observers.h"
#include "core/model.h"

namespace ecdysis::evaluation {

/// Computes the windows once through the model, `observers` being told of what happens inside. Head and loss are left
/// out. Progress steps are batches. Throws Exception{Cancelled, Mismatch}, and what observers throw.
void observe(const Model::State &model, const data::Windows &windows, layers::Observers observers, const Run &run);

/// The A_log of a layer, by whose name observers are told of its state space; null: the layer has none.
const architectures::Parameter *logAOf(const architectures::Blueprint &blueprint, int layer);

} // namespace ecdysis::evaluation
