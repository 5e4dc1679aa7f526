// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/values/result.h"

namespace ecdysis::io {

/// Checks what libzip leaves open: that the entries' bytes lie between the start of the file and the directory, none
/// over another, and that no name occurs twice. `file` is the whole archive; format of APPNOTE 6.3, zip64 included.
/// Errors: BadFormat with the entry.
Result<void> checkZipLayout(std::span<const std::byte> file, const std::string &where);

} // namespace ecdysis::io
