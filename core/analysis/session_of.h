// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>

#include "core/values/model_card.h"
#include "core/values/session.h"

namespace ecdysis::analysis {

/// The session in a file, a new one where the file is absent or the path is empty; its model is named after the card.
/// Throws Exception: the errors of reading sessions, Mismatch for a session of a model with another fingerprint.
Session sessionOf(const std::filesystem::path &file, const ModelCard &card, const std::string &modelFingerprint);

/// Whether results of both may stand beside each other: equal weights and equal arithmetic, hence equal bits.
bool sameArithmetic(const Provenance &one, const Provenance &other);

} // namespace ecdysis::analysis
