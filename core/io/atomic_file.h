// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <functional>
#include <ostream>

#include "core/values/result.h"

/// \file
/// Writing so that the old file or the new one is there, whole, at every instant: a temporary file beside `file` is
/// written, flushed to disk and renamed. If anything fails (or `write` throws) the temporary is removed and the old
/// file is untouched. Permissions of an old file are kept; a symbolic link is followed. Errors: WriteFailed, or that of
/// `write`.
namespace ecdysis::io {

/// For libraries that open files themselves: `write` is given the path of the temporary, which exists and is empty; it
/// may be truncated or replaced, and must be closed on return.
Result<void> writeAtomically(const std::filesystem::path &file,
                             const std::function<Result<void>(const std::filesystem::path &temporary)> &write);

/// For those who write bytes: the stream's state is checked afterwards, `write` need not.
Result<void> writeAtomically(const std::filesystem::path &file,
                             const std::function<Result<void>(std::ostream &stream)> &write);

} // namespace ecdysis::io
