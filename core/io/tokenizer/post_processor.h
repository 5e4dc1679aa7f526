// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <vector>

#include "core/io/tokenizer/json_node.h"

namespace ecdysis::io::tokenizers {

/// Ids put around those of a text.
struct Affixes
{
    std::vector<std::int32_t> before;
    std::vector<std::int32_t> behind;
};

/// The "post_processor" of a tokenizer.json: TemplateProcessing (its "single"), ByteLevel, Sequence.
/// Throws Exception: BadFormat, Unsupported (type by name, more than 1024 ids).
Affixes readPostProcessor(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
