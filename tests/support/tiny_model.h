// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/support/support.h"

/// \file
/// A model folder that is complete, small and quick: a fixture's weights, a tokenizer of single bytes, a text.

/// The character that byte-level tokenizers write for a byte, as UTF-8: bytes that print stand for themselves, the
/// others for U+0100 onwards in their order.
inline std::string byteSymbol(int byte)
{
    const auto prints = [](int b) { return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE; };
    int code = byte;
    if (!prints(byte)) {
        code = 0x100;
        for (int other = 0; other < byte; ++other)
            code += prints(other) ? 0 : 1;
    }
    if (code < 0x80)
        return {static_cast<char>(code)};
    return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// tokenizer.json whose tokens are the 256 bytes.
inline std::string byteTokenizer()
{
    nlohmann::json vocabulary;
    for (int byte = 0; byte < 256; ++byte)
        vocabulary[byteSymbol(byte)] = byte;
    const nlohmann::json byteLevel{
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    const nlohmann::json model{{"type", "BPE"},
                               {"dropout", nullptr},
                               {"unk_token", nullptr},
                               {"continuing_subword_prefix", nullptr},
                               {"fuse_unk", false},
                               {"end_of_word_suffix", nullptr},
                               {"byte_fallback", false},
                               {"vocab", vocabulary},
                               {"merges", nlohmann::json::array()}};
    return nlohmann::json{{"version", "1.0"},
                          {"added_tokens", nlohmann::json::array()},
                          {"normalizer", nullptr},
                          {"pre_tokenizer", byteLevel},
                          {"post_processor", nullptr},
                          {"decoder", byteLevel},
                          {"model", model}}
        .dump();
}

/// Words of no meaning, always the same; `size` bytes of ASCII.
inline std::string pseudoText(std::size_t size)
{
    std::string text;
    unsigned state = 12345;
    while (text.size() < size) {
        state = state * 1664525U + 1013904223U;
        const unsigned draw = state >> 24;
        text += draw < 40 ? ' ' : static_cast<char>('a' + draw % 26);
    }
    return text;
}

inline void writeTextFile(const std::filesystem::path &file, const std::string &text)
{
    std::ofstream(file, std::ios::binary) << text;
}

/// Makes `folder` a copy of tests/data/<fixture> with a tokenizer of bytes and text.txt of `textSize` tokens.
inline void makeTinyModel(const std::string &fixture, const std::filesystem::path &folder, std::size_t textSize = 6000)
{
    std::filesystem::create_directories(folder);
    for (const auto &entry : std::filesystem::directory_iterator(testData(fixture)))
        std::filesystem::copy_file(entry.path(), folder / entry.path().filename());
    writeTextFile(folder / "tokenizer.json", byteTokenizer());
    writeTextFile(folder / "text.txt", pseudoText(textSize));
}
