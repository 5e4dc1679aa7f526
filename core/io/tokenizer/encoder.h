// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/io/tokenizer/post_processor.h"
#include "core/values/run.h"

namespace ecdysis::io::tokenizers {

/// A tokenizer of whichever file format, ready to use.
struct Encoder
{
    /// Ids of well-formed UTF-8, without affixes. Throws Exception: Cancelled within some words of a stop.
    std::function<std::vector<std::int32_t>(std::string_view, const Run &)> encode;
    Affixes affixes;
    std::int64_t vocabularySize = 0; ///< largest id + 1
};

} // namespace ecdysis::io::tokenizers
