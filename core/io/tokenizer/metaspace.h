// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/io/tokenizer/pre_tokenizer.h"

namespace ecdysis::io::tokenizers {

/// Metaspace{replacement, prepend_scheme | add_prefix_space, split}: spaces become the replacement (▁), one may be put
/// before a piece that does not begin with it, and pieces may be cut before each.
PreTokenizer readMetaspace(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
