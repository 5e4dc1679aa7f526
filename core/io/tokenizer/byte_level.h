// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "core/io/tokenizer/pre_tokenizer.h"

namespace ecdysis::io::tokenizers {

/// Every byte as one printable character, the alphabet of byte-level BPE (Radford et al. 2019, GPT-2): bytes 0x21–0x7E,
/// 0xA1–0xAC and 0xAE–0xFF are their own code points, the other 68 in ascending order U+0100 and up.
std::string byteLevelText(std::string_view bytes);

/// ByteLevel{add_prefix_space, use_regex}: GPT-2's words, in that alphabet.
PreTokenizer readByteLevel(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
