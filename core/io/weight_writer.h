// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/io/pending_tensor.h"
#include "core/values/result.h"

namespace ecdysis::io {

/// The weights of a model folder that are to be written.
struct WeightFiles
{
    std::string container;                                    ///< "safetensors" or "bin"
    std::int64_t shardBytes = 0;                              ///< the most of a file, unless one tensor is larger
    std::vector<PendingTensor> tensors;                       ///< in the order in which they are made and stored
    std::vector<std::pair<std::string, std::string>> aliases; ///< (name, tensor that has it as well); "bin" alone
};

/// Writes model.safetensors or pytorch_model.bin, or shards and their index as transformers names them.
/// Errors: InvalidArgument (a container), WriteFailed, and those of the tensors.
Result<void> writeWeights(const std::filesystem::path &folder, const WeightFiles &weights);

} // namespace ecdysis::io
