// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <vector>

#include "core/data/examples.h"
#include "core/values/run.h"

namespace ecdysis::data {

/// Share of each text that is held out where no other text is named for validation: its end.
inline constexpr double heldOutShare = 0.02;

/// Text files, each tokenised whole with the tokenizer of a model folder and cut into windows that follow one another;
/// every token but a window's first is a label. `validation`: a file to validate on; empty: the last 2 % of the tokens
/// of each text, of which at least one window is kept. Errors: those of readTokens(), InvalidArgument (no whole window,
/// no text).
TrainingData readTrainingText(const std::filesystem::path &model, const std::vector<std::filesystem::path> &texts,
                              const std::filesystem::path &validation, std::int64_t window, const Run &run);

} // namespace ecdysis::data
