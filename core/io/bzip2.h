// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/values/result.h"
#include "core/values/run.h"

namespace ecdysis::io {

/// Whether bytes begin as those that bzip2 has compressed.
bool isBzip2(std::string_view bytes);

/// The contents of one bzip2 stream or of several in a row. Errors: BadFormat (damage, or more than `limit` bytes: a
/// few kilobytes can say terabytes), Cancelled.
Result<std::string> decompressBzip2(std::string_view bytes, std::size_t limit, const Run &run);

} // namespace ecdysis::io
