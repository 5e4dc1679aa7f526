// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <functional>

namespace ecdysis::io {

/// Makes `folder` hold what `write` puts into the folder that it is given: a hidden one beside it, which is renamed
/// once everything in it is on the disk, so that the folder is there whole or not at all. If anything fails or `write`
/// throws, nothing is left. Throws Exception{InvalidArgument} before any work where `folder` exists and is not empty;
/// WriteFailed.
void writeFolderAtomically(const std::filesystem::path &folder,
                           const std::function<void(const std::filesystem::path &temporary)> &write);

} // namespace ecdysis::io
