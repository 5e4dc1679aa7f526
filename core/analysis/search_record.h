// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/values/model_card.h"
#include "core/values/session.h"

namespace ecdysis::analysis {

/// The search of a session file that goes on from where `fresh` begins: same settings, windows, model, numbers, threads
/// and libraries; `fresh` itself where there is none. Writes the session, so that a place which cannot be written to is
/// known before work begins; an empty path: none. Throws Exception: the errors of reading and writing sessions,
/// Mismatch for a session of another model.
Search openSearch(const std::filesystem::path &file, const ModelCard &card, const Search &fresh);

/// Puts the search in its place in the file, keeping what another program has written to it since.
/// Throws Exception: the errors of reading and writing sessions.
void saveSearch(const std::filesystem::path &file, const ModelCard &card, const Search &search);

} // namespace ecdysis::analysis
