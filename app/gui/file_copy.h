// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>

#include "core/values/result.h"

namespace ecdysis {

/// Copies a file so that the place holds the old bytes or all of the new ones, never a part. Errors: ReadFailed,
/// WriteFailed.
Result<void> copyWhole(const std::filesystem::path &from, const std::filesystem::path &to);

} // namespace ecdysis
