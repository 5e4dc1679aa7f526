// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/io/tokenizer/encoder.h"
#include "core/io/tokenizer/tokenizer_config.h"

namespace ecdysis::io::tokenizers {

/// A SentencePiece model (BPE or unigram), encoded by its own library. The file says nothing about what stands around a
/// text: unless the config decides, the begin-of-sentence piece it has, if any, is put before it and nothing behind it,
/// as the Llama family does. The config's added tokens are found before the model sees the text.
/// Throws Exception: NotFound, BadFormat.
Encoder readSentencePiece(const std::filesystem::path &file, const TokenizerConfig &config);

} // namespace ecdysis::io::tokenizers
