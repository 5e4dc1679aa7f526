// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string_view>

#include "core/io/tokenizer/json_node.h"

namespace ecdysis::io::tokenizers {

/// A stretch of text, and whether it begins where the whole text does.
struct Piece
{
    std::string_view text;
    bool atStart = false;
};

using PieceSink = std::function<void(Piece)>;

/// Cuts (and may rewrite) a piece and hands the parts on in order; a part lives only as long as the call that gets it.
using PreTokenizer = std::function<void(Piece, const PieceSink &)>;

/// The "pre_tokenizer" of a tokenizer.json: ByteLevel, Metaspace, Split, Digits, Punctuation, Sequence.
/// Throws Exception: BadFormat, Unsupported (type by name).
PreTokenizer readPreTokenizer(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
