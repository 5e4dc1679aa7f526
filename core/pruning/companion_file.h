// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <string>

#include "core/values/plan.h"

/// \file
/// Files that a plan names beside itself: masks, new weights.
namespace ecdysis::pruning {

/// SHA-256 of a file's bytes, hexadecimal. Throws Exception{NotFound, ReadFailed}.
std::string hashOf(const std::filesystem::path &file);

/// Throws Exception{NotFound, ReadFailed, Mismatch}: the file is not there, or its bytes are not those of the hash.
/// `what` it holds is named in the message.
void requireUnchanged(const CompanionFile &file, const std::string &what);

/// The path by which a plan in `folder` names a file: relative to that folder.
std::string namedIn(const std::filesystem::path &folder, const std::filesystem::path &file);

/// "thin.json", "masks" → "thin.masks.safetensors" beside it.
std::filesystem::path besidePlan(const std::filesystem::path &plan, const std::string &what);

} // namespace ecdysis::pruning
