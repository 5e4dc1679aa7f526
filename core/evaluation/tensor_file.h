// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace ecdysis::evaluation {

/// `input_ids` of a safetensors file: int64 (batch, time), neither of them 0.
/// Throws Exception{NotFound, ReadFailed, BadFormat, Mismatch}.
at::Tensor readIds(const std::filesystem::path &file);

/// Writes float32 tensors under their names. Throws Exception{WriteFailed}.
void writeTensors(const std::filesystem::path &file, const std::map<std::string, at::Tensor> &tensors);

} // namespace ecdysis::evaluation
