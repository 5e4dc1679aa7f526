// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/io/tokenizer/json_node.h"
#include "core/io/tokenizer/regex.h"

namespace ecdysis::io::tokenizers {

/// A "pattern" member: {"String": …} or {"Regex": … in Oniguruma's syntax}.
/// Throws Exception: BadFormat, Unsupported with the pattern.
Regex readPattern(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
