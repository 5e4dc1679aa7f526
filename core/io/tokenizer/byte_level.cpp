// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/byte_level.h"

#include <array>

#include "core/io/tokenizer/regex.h"
#include "core/io/tokenizer/unicode.h"

namespace ecdysis::io::tokenizers {

namespace {

// Contractions, then words, numbers and symbols each with at most one leading space, then white space, of which the
// last character is left for the word after it.
constexpr std::string_view words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

const std::array<std::string, 256> &alphabet()
{
    static const std::array<std::string, 256> characters = [] {
        std::array<std::string, 256> all;
        char32_t next = 0x100;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool isPrintable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
            unicode::append(all[byte], isPrintable ? byte : next++);
        }
        return all;
    }();
    return characters;
}

void appendByteLevel(std::string &out, std::string_view bytes)
{
    for (const char byte : bytes)
        out += alphabet()[static_cast<unsigned char>(byte)];
}

PreTokenizer withSpaceBefore(PreTokenizer next)
{
    return [next = std::move(next)](Piece piece, const PieceSink &sink) {
        if (piece.text.starts_with(' '))
            return next(piece, sink);
        const std::string text = " " + std::string(piece.text);
        next({text, piece.atStart}, sink);
    };
}

void mapWhole(Piece piece, const PieceSink &sink)
{
    sink({byteLevelText(piece.text), piece.atStart});
}

PreTokenizer mapWords()
{
    // The alternatives' last two cover white space and the others all the rest: matches leave no gap.
    return [regex = Regex(words)](Piece piece, const PieceSink &sink) {
        std::string mapped;
        Regex::Matches matches(regex, piece.text);
        while (const auto match = matches.next()) {
            mapped.clear();
            appendByteLevel(mapped, piece.text.substr(match->begin, match->end - match->begin));
            sink({mapped, piece.atStart && match->begin == 0});
        }
    };
}

} // namespace

std::string byteLevelText(std::string_view bytes)
{
    std::string out;
    appendByteLevel(out, bytes);
    return out;
}

PreTokenizer readByteLevel(const JsonNode &node)
{
    PreTokenizer pieces = node.boolean("use_regex", true) ? mapWords() : PreTokenizer(mapWhole);
    return node.boolean("add_prefix_space", true) ? withSpaceBefore(std::move(pieces)) : pieces;
}

} // namespace ecdysis::io::tokenizers
