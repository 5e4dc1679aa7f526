// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "core/io/tokenizer.h"
#include "tests/fuzz/parsers.h"
#include "tests/fuzz/scratch_folder.h"

/// \file
/// Hostile tokenizer files with a text to encode, and what must hold of the ids.
namespace ecdysis::fuzzing {

inline std::string_view asText(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// The ids lie in the vocabulary, those around the text lie around it, and the file opened again gives the same.
inline void requireSoundIds(const io::Tokenizer &tokenizer, const io::Tokenizer &again, std::string_view text)
{
    const auto ids = tokenizer.encode(text);
    const auto plain = tokenizer.encode(text, false);
    const auto same = again.encode(text);
    require(ids.has_value() == plain.has_value() && ids.has_value() == same.has_value());
    if (!ids)
        return require(!ids.error().message.empty());
    require(*ids == *same);
    require(std::search(ids->begin(), ids->end(), plain->begin(), plain->end()) != ids->end() || plain->empty());
    for (const std::int64_t id : *ids)
        require(id >= 0 && id < tokenizer.vocabularySize());
}

inline void feedTokenizerFiles(const std::filesystem::path &source, std::string_view text)
{
    const auto tokenizer = io::Tokenizer::open(source);
    if (!tokenizer)
        return requireUseful(tokenizer.error());
    const auto again = io::Tokenizer::open(source);
    require(again.has_value());
    requireSoundIds(*tokenizer, *again, text);
}

/// tokenizer.json, tokenizer_config.json and a text, with a zero byte between them.
inline void feedTokenizer(std::span<const std::byte> bytes)
{
    static const ScratchFolder folder;
    std::array<std::string_view, 3> parts;
    std::string_view rest = asText(bytes);
    for (std::string_view &part : parts) {
        part = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    }
    folder.write("tokenizer.json", parts[0]);
    if (parts[1].empty())
        std::filesystem::remove(folder.path() / "tokenizer_config.json");
    else
        folder.write("tokenizer_config.json", parts[1]);
    feedTokenizerFiles(folder.path(), parts[2]);
}

/// A text with its length (two bytes) before it, then a SentencePiece model.
inline void feedSentencePiece(std::span<const std::byte> bytes)
{
    static const ScratchFolder folder;
    std::string_view rest = asText(bytes);
    if (rest.size() < 2)
        return;
    const auto length = static_cast<unsigned char>(rest[0]) | static_cast<unsigned char>(rest[1]) << 8;
    rest.remove_prefix(2);
    const std::string_view text = rest.substr(0, static_cast<std::size_t>(length));
    feedTokenizerFiles(folder.write("tokenizer.model", rest.substr(text.size())), text);
}

} // namespace ecdysis::fuzzing
