// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/json_node.h"

#include "core/exception.h"
#include "core/io/mapped_file.h"

namespace ecdysis::io::tokenizers {

namespace {

std::string brief(const nlohmann::json &json)
{
    if (json.is_structured())
        return std::string(json.type_name()) + " of " + std::to_string(json.size());
    std::string text = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

/// Copies of values recurse as deep as they are nested.
void checkNesting(std::string_view text, const std::string &file)
{
    constexpr int deepest = 1000;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i)
                i += text[i] == '\\' ? 1 : 0;
        } else if (text[i] == '[' || text[i] == '{') {
            if (++depth > deepest)
                throw Exception(ErrorCode::BadFormat,
                                "expected JSON nested at most 1000 deep, found more at byte " + std::to_string(i),
                                file);
        } else if (text[i] == ']' || text[i] == '}') {
            --depth;
        }
    }
}

} // namespace

JsonNode JsonNode::at(std::string_view key) const
{
    if (auto member = find(key))
        return *member;
    malformed("member \"" + std::string(key) + "\" is missing");
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const
{
    const auto found = object().find(key);
    return found == m_json->end() || found->is_null() ? std::nullopt : std::optional(member(key));
}

JsonNode JsonNode::member(std::string_view key) const
{
    return child(*object().find(key), m_place.empty() ? std::string(key) : m_place + "." + std::string(key));
}

JsonNode JsonNode::element(std::size_t index) const
{
    return child(array().at(index), m_place + "[" + std::to_string(index) + "]");
}

JsonNode JsonNode::child(const nlohmann::json &json, std::string place) const
{
    constexpr int deepest = 100; // readers of nested components recurse
    if (m_depth == deepest)
        malformed("values are nested more than 100 deep");
    JsonNode node(json, m_file);
    node.m_place = std::move(place);
    node.m_depth = m_depth + 1;
    return node;
}

std::vector<JsonNode> JsonNode::elements() const
{
    std::vector<JsonNode> nodes;
    for (std::size_t i = 0; i < array().size(); ++i)
        nodes.push_back(element(i));
    return nodes;
}

std::string JsonNode::string() const
{
    if (!m_json->is_string())
        expected("a string");
    return m_json->get<std::string>();
}

bool JsonNode::boolean() const
{
    if (!m_json->is_boolean())
        expected("true or false");
    return m_json->get<bool>();
}

std::int64_t JsonNode::integer() const
{
    if (!m_json->is_number_integer())
        expected("an integer");
    return m_json->get<std::int64_t>();
}

bool JsonNode::boolean(std::string_view key, bool otherwise) const
{
    const auto member = find(key);
    return member ? member->boolean() : otherwise;
}

const nlohmann::json &JsonNode::object() const
{
    if (!m_json->is_object())
        expected("an object");
    return *m_json;
}

const nlohmann::json &JsonNode::array() const
{
    if (!m_json->is_array())
        expected("an array");
    return *m_json;
}

std::string JsonNode::where() const
{
    return m_place.empty() ? m_file : m_file + ": " + m_place;
}

void JsonNode::expected(std::string_view what) const
{
    malformed("expected " + std::string(what) + ", found " + brief(*m_json));
}

void JsonNode::malformed(std::string message) const
{
    throw Exception(ErrorCode::BadFormat, std::move(message), where());
}

void JsonNode::unsupported(std::string message) const
{
    throw Exception(ErrorCode::Unsupported, std::move(message), where());
}

nlohmann::json readJsonFile(const std::filesystem::path &file)
{
    const auto bytes = valueOrThrow(MappedFile::open(file));
    const std::string_view text(reinterpret_cast<const char *>(bytes.bytes().data()), bytes.bytes().size());
    checkNesting(text, file.string());
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error &error) {
        throw Exception(ErrorCode::BadFormat, "expected JSON, its syntax breaks at byte " + std::to_string(error.byte),
                        file.string());
    } catch (const nlohmann::json::out_of_range &) {
        throw Exception(ErrorCode::BadFormat, "expected JSON, found a number beyond those of 64 bits", file.string());
    }
}

} // namespace ecdysis::io::tokenizers
