// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "core/io/pending_tensor.h"
#include "core/values/result.h"

namespace ecdysis::io {

/// Writes the file that torch.save makes of a dict of floating tensors: a zip archive with a pickle, which torch.load
/// reads with weights_only=True. Tensors are made one after the other; `aliases`: pairs (name, tensor that has it as
/// well). Atomic. Errors: InvalidArgument (bytes that do not fit the shape), WriteFailed.
Result<void> writeTorchFile(const std::filesystem::path &file, std::span<const PendingTensor> tensors,
                            std::span<const std::pair<std::string, std::string>> aliases);

} // namespace ecdysis::io
