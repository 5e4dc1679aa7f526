// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>

#include "core/engine.h"

namespace ecdysis::cli {

/// Writes a search as Mamba-Shedder writes its own: pruned_model_configs/config.<target>.<step>.json after every step,
/// counted from 0, pruning_config.json, and log.json with the measure, the share of parameters gone and the number of
/// evaluations. Errors: Unsupported (a unit that their configs have no key for), WriteFailed.
Result<void> writeIntelFiles(const std::filesystem::path &folder, const Search &search, const ModelCard &card);

} // namespace ecdysis::cli
