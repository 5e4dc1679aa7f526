// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/io/tokenizer_support.h"

/// The vocabulary in the metadata of a GGUF file (versions 2 and 3).
struct GgufVocabulary
{
    std::vector<std::string> tokens;
    std::vector<std::string> merges;
    std::vector<float> scores;
    std::vector<std::int64_t> types; ///< 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
};

/// Reads the metadata one value after the other.
class GgufReader
{
public:
    explicit GgufReader(const std::filesystem::path &file) : m_bytes(readAll(file)) {}

    GgufVocabulary vocabulary()
    {
        if (m_bytes.substr(0, 4) != "GGUF")
            throw std::runtime_error("not a GGUF file");
        m_position = 16;
        for (auto count = number<std::uint64_t>(); count > 0; --count) {
            const std::string key = string();
            readValue(key, number<std::uint32_t>());
        }
        return m_vocabulary;
    }

private:
    static constexpr std::uint32_t int32Type = 5;
    static constexpr std::uint32_t float32Type = 6;
    static constexpr std::uint32_t stringType = 8;
    static constexpr std::uint32_t arrayType = 9;

    template <typename Number> Number number()
    {
        Number value{};
        if (m_position + sizeof value > m_bytes.size())
            throw std::runtime_error("the file is cut short");
        std::memcpy(&value, m_bytes.data() + m_position, sizeof value);
        m_position += sizeof value;
        return value;
    }

    std::string string()
    {
        const auto length = number<std::uint64_t>();
        const std::string text = m_bytes.substr(m_position, length);
        m_position += length;
        return text;
    }

    void readValue(const std::string &key, std::uint32_t type)
    {
        if (type == stringType)
            string();
        else if (type == arrayType)
            readArray(key);
        else
            m_position += sizeOf(type);
    }

    void readArray(const std::string &key)
    {
        const auto type = number<std::uint32_t>();
        const auto count = number<std::uint64_t>();
        for (std::uint64_t i = 0; i < count; ++i) {
            if (key == "tokenizer.ggml.tokens")
                m_vocabulary.tokens.push_back(string());
            else if (key == "tokenizer.ggml.merges")
                m_vocabulary.merges.push_back(string());
            else if (key == "tokenizer.ggml.scores" && type == float32Type)
                m_vocabulary.scores.push_back(number<float>());
            else if (key == "tokenizer.ggml.token_type" && type == int32Type)
                m_vocabulary.types.push_back(number<std::int32_t>());
            else
                readValue(key, type);
        }
    }

    static std::size_t sizeOf(std::uint32_t type)
    {
        constexpr std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        return type < std::size(sizes) ? sizes[type] : throw std::runtime_error("unknown type");
    }

    std::string m_bytes;
    std::size_t m_position = 0;
    GgufVocabulary m_vocabulary;
};

/// A tokenizer.json of the vocabulary; control and user-defined tokens are added tokens.
inline nlohmann::json tokenizerJson(const GgufVocabulary &vocabulary)
{
    nlohmann::json json = {{"added_tokens", nlohmann::json::array()},
                           {"model", {{"type", "BPE"}, {"vocab", nlohmann::json::object()}}}};
    json["model"]["merges"] = vocabulary.merges;
    for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
        json["model"]["vocab"][vocabulary.tokens[id]] = id;
        const bool isAdded = vocabulary.types.at(id) == 3 || vocabulary.types.at(id) == 4;
        if (isAdded)
            json["added_tokens"].push_back({{"id", id}, {"content", vocabulary.tokens[id]}, {"special", true}});
    }
    return json;
}

/// The merges that a vocabulary with scores stands for: every way to put a token together from two, best score first.
inline std::vector<nlohmann::json> mergesOfScores(const GgufVocabulary &vocabulary)
{
    std::map<std::string_view, std::size_t> ids;
    for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id)
        ids[vocabulary.tokens[id]] = id;
    std::vector<std::pair<float, nlohmann::json>> scored;
    for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
        const std::string_view token = vocabulary.tokens[id];
        for (std::size_t cut = 1; vocabulary.types.at(id) == 1 && cut < token.size(); ++cut) {
            if (ids.contains(token.substr(0, cut)) && ids.contains(token.substr(cut)))
                scored.emplace_back(vocabulary.scores.at(id), nlohmann::json{token.substr(0, cut), token.substr(cut)});
        }
    }
    std::stable_sort(scored.begin(), scored.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
    std::vector<nlohmann::json> merges;
    for (auto &[score, merge] : scored)
        merges.push_back(std::move(merge));
    return merges;
}
