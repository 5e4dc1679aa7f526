// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace ecdysis::io::tokenizers {

/// A value inside a strict JSON file that knows its place ("model.merges[17]"), so that a wrong one is named exactly.
/// Refers to the document, which must outlive it. Every accessor throws Exception{BadFormat}.
class JsonNode
{
public:
    JsonNode(const nlohmann::json &json, std::string file) : m_json(&json), m_file(std::move(file)) {}

    const nlohmann::json &json() const { return *m_json; }
    JsonNode at(std::string_view key) const;                  ///< required member, of any type but null
    std::optional<JsonNode> find(std::string_view key) const; ///< absent and null are the same
    JsonNode member(std::string_view key) const;              ///< one that is there, of any type
    JsonNode element(std::size_t index) const;
    std::vector<JsonNode> elements() const; ///< of a required array

    std::string string() const;
    bool boolean() const;
    std::int64_t integer() const;
    std::string string(std::string_view key) const { return at(key).string(); }
    std::int64_t integer(std::string_view key) const { return at(key).integer(); }
    bool boolean(std::string_view key, bool otherwise) const;

    const nlohmann::json &object() const; ///< the same value, known to be an object
    const nlohmann::json &array() const;

    std::string where() const; ///< file and place
    [[noreturn]] void expected(std::string_view what) const;
    [[noreturn]] void malformed(std::string message) const;
    [[noreturn]] void unsupported(std::string message) const;

private:
    JsonNode child(const nlohmann::json &json, std::string place) const;

    const nlohmann::json *m_json;
    std::string m_file;
    std::string m_place;
    int m_depth = 0;
};

/// A JSON file, parsed. Throws Exception: NotFound, ReadFailed, BadFormat with the byte where the syntax breaks or
/// where values are nested more than 1000 deep.
nlohmann::json readJsonFile(const std::filesystem::path &file);

} // namespace ecdysis::io::tokenizers
