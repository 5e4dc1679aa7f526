// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace ecdysis::io::tokenizers {

/// What is wrong with the compiled normalisation rules of a SentencePiece model; none if any search in them stays
/// inside them and ends. They are the size of a trie (u32), the trie as a double array of u32, and texts that end with
/// a zero, by offset the values of the trie.
std::optional<std::string> problemOfRules(std::span<const std::byte> rules);

} // namespace ecdysis::io::tokenizers
