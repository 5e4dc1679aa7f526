// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace ecdysis::io::tokenizers {

/// The PCRE2 pattern (for UTF, UCP, MULTILINE, newline LF) with the same matches as an Oniguruma pattern in Ruby syntax
/// (doc/RE of Oniguruma 6). Throws Exception{Unsupported} for constructs that only one of them has or that they read
/// differently: inline options other than (?i:…), multi-character case folding, class intersections, \h, \b, \G, ….
std::string pcreFromOniguruma(std::string_view pattern);

} // namespace ecdysis::io::tokenizers
