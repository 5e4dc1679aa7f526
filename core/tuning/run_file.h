// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/values/tuning.h"

/// \file
/// The file that a tuning run goes on from: safetensors, the Tuning so far as JSON in its metadata. Whatever is random
/// follows from the seed and the number of the step, so that a run which is continued ends with the bits of one that
/// never stopped.
namespace ecdysis::tuning {

/// A run after some step, the last one of its curve.
struct RunState
{
    Tuning tuning;
    std::map<std::string, at::Tensor> tensors; ///< float32: what is learned, its moments, its best values so far
};

/// Writes atomically. Throws Exception{WriteFailed}.
void writeRun(const std::filesystem::path &file, const RunState &state);

/// None where there is no file. Throws Exception{ReadFailed, BadFormat}, and Mismatch for a run that is another one
/// than `fresh`, which has no step yet: of other settings, data, model, plan or arithmetic.
std::optional<RunState> readRun(const std::filesystem::path &file, const Tuning &fresh);

} // namespace ecdysis::tuning
