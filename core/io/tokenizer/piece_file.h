// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ecdysis::io::tokenizers {

/// Checks in a SentencePiece .model file what its library takes on trust, and reads out of bounds, aborts or runs away
/// on where it is wrong: lengths, pieces (text, scores, nesting) and the tries of normalisation rules. Throws
/// Exception{BadFormat} with `where`; the message names the byte.
void checkPieceFile(std::span<const std::byte> bytes, const std::string &where);

} // namespace ecdysis::io::tokenizers
