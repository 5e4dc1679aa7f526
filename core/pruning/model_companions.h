// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

namespace ecdysis::pruning {

/// Copies what a model folder has beside config and weights and a cut model can use as it is: tokenizer files,
/// generation_config.json, code of models that transformers does not have, licences. Throws Exception{WriteFailed}.
void copyCompanions(const std::filesystem::path &from, const std::filesystem::path &to);

} // namespace ecdysis::pruning
