// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::tuning {

/// Everything from the files of a request to the tuned model in its folder; see ecdysis::tune(). Throws Exception.
Tuning recover(const Model::State &model, const TuneRequest &request, const Plan &plan, const TuneListener &listener,
               const Run &run);

} // namespace ecdysis::tuning
