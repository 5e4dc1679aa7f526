// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/engine.h"
#include "core/model.h"

namespace ecdysis::pruning {

/// See ecdysis::prune(). Throws Exception.
PruneReport prune(const Model::State &model, const PruneRequest &request, const Run &run);

} // namespace ecdysis::pruning
