// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/io/tokenizer/encoder.h"
#include "core/io/tokenizer/tokenizer_config.h"

namespace ecdysis::io::tokenizers {

/// A tokenizer.json with a BPE model. Order of work: added tokens of the raw text, normaliser, added tokens of the
/// normalised text, pre-tokenizer, model. Throws Exception: NotFound, ReadFailed, BadFormat, Unsupported.
Encoder readJsonTokenizer(const std::filesystem::path &file, const TokenizerConfig &config);

} // namespace ecdysis::io::tokenizers
