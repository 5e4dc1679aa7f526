// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>

#include "core/io/tokenizer/json_node.h"

namespace ecdysis::io::tokenizers {

/// Rewrites a piece of well-formed UTF-8.
using Normalizer = std::function<std::string(std::string)>;

/// The "normalizer" of a tokenizer.json: NFC, NFD, NFKC, NFKD, Lowercase, Replace, Prepend, Strip, Sequence.
/// Throws Exception: BadFormat, Unsupported (type by name); the normalizer itself Unsupported where it would make a
/// text more than 16 times longer, and 64 bytes.
Normalizer readNormalizer(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
