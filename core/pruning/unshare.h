// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/model.h"
#include "core/values/export.h"

namespace ecdysis::pruning {

/// Writes a model whose layers share weights (Zamba2's transformers) as one in which each layer has its own, what the
/// layer added to them merged, so that a plan can take from one use alone. It computes the same up to rounding and has
/// more parameters. Tensors are safetensors, as the parent stores them; `shardBytes` as in ExportRequest.
/// Errors: InvalidArgument (the folder; nothing is shared), Unsupported (a model that has been cut), WriteFailed.
ExportReport writeUnshared(const ModelFiles &files, const std::filesystem::path &folder, std::int64_t shardBytes,
                           const Run &run);

} // namespace ecdysis::pruning
