// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/values/result.h"
#include "core/values/session.h"

/// \file
/// A `*.ecdysis` file is an HDF5 file with the layout of session_layout.h behind a user block of 512 bytes, which any
/// HDF5 reader skips. The block is text, padded with zeros: the kind and version of the file, the number of bytes that
/// follow and their SHA-256. Damage is found by that sum before HDF5, which does not stand every damaged file, sees a
/// byte.
namespace ecdysis::io {

/// Reads a session. Errors: NotFound, ReadFailed, BadFormat (not such a file, or damaged), Unsupported (written by a
/// newer version; the version is named).
Result<Session> readSession(const std::filesystem::path &file);

/// Writes the session beside its place, flushes it to disk and renames it: after a crash, a kill or a full disk at any
/// instant the old file or the new one is there, whole. The same session gives the same bytes. Errors: WriteFailed,
/// InvalidArgument (losses of a cell that are neither none nor one per window).
Result<void> writeSession(const std::filesystem::path &file, const Session &session);

} // namespace ecdysis::io
