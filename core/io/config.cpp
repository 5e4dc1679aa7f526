// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/config.h"

#include <cctype>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/mapped_file.h"

namespace ecdysis::io {

using Json = nlohmann::json;

namespace {

constexpr int deepestNesting = 256;

/// Rewrites the number names that Python's json module emits (Infinity, -Infinity, NaN) in the tagged spelling
/// {"__float__": "Infinity"}, which is JSON.
class NumberNames
{
public:
    explicit NumberNames(std::string_view text) : m_text(text) {}

    /// None when the nesting is too deep.
    std::optional<std::string> tagged()
    {
        while (m_position < m_text.size()) {
            const char c = m_text[m_position];
            if (c == '"') {
                copyString();
                continue;
            }
            if (c == '{' || c == '[')
                ++m_depth;
            else if (c == '}' || c == ']')
                --m_depth;
            if (m_depth > deepestNesting)
                return std::nullopt;
            if (!tag("Infinity") && !tag("-Infinity") && !tag("NaN"))
                m_result += m_text[m_position++];
        }
        return std::move(m_result);
    }

private:
    void copyString()
    {
        m_result += m_text[m_position++];
        while (m_position < m_text.size()) {
            const char c = m_text[m_position];
            m_result += m_text[m_position++];
            if (c == '"')
                return;
            if (c == '\\' && m_position < m_text.size())
                m_result += m_text[m_position++];
        }
    }

    bool tag(std::string_view number)
    {
        const auto isWord = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
        const auto end = m_position + number.size();
        if (!m_text.substr(m_position).starts_with(number) || (end < m_text.size() && isWord(m_text[end])) ||
            (m_position > 0 && isWord(m_text[m_position - 1])))
            return false;
        m_result += fmt::format(R"({{"__float__":"{}"}})", number);
        m_position = end;
        return true;
    }

    std::string_view m_text;
    std::size_t m_position = 0;
    int m_depth = 0;
    std::string m_result;
};

std::optional<double> taggedNumber(const Json &value)
{
    if (!value.is_object() || value.size() != 1 || !value.contains("__float__"))
        return std::nullopt;
    const Json &name = value["__float__"];
    if (name == "Infinity")
        return std::numeric_limits<double>::infinity();
    if (name == "-Infinity")
        return -std::numeric_limits<double>::infinity();
    if (name == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    return std::nullopt;
}

/// Recursion is bounded: NumberNames refuses deep nesting.
void resolveTags(Json &value)
{
    if (const auto number = taggedNumber(value)) {
        value = *number;
        return;
    }
    if (value.is_structured())
        for (auto &item : value)
            resolveTags(item);
}

/// Stands for a number without a spelling in JSON; a control character keeps it apart from any text.
std::string markOf(std::string_view name)
{
    return "\x01" + std::string(name);
}

Json marked(const Json &value)
{
    if (value.is_number_float() && !std::isfinite(value.get<double>()))
        return markOf(std::isnan(value.get<double>()) ? "NaN" : value.get<double>() < 0 ? "-Infinity" : "Infinity");
    Json copy = value;
    if (value.is_structured())
        for (auto &item : copy)
            item = marked(item);
    return copy;
}

/// "a string "auto"", for messages.
std::string described(const Json &value)
{
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    constexpr std::size_t longest = 60;
    if (text.size() > longest)
        text = text.substr(0, longest) + "…";
    return fmt::format("{} {}", value.type_name(), text);
}

[[noreturn]] void refuse(const std::string &where, const char *expected, const std::string &found)
{
    throw Exception(ErrorCode::BadFormat, fmt::format("expected {}, found {}", expected, found), where);
}

std::int64_t asInteger(const Json &value, const std::string &where)
{
    const bool fits =
        value.is_number_integer() &&
        !(value.is_number_unsigned() &&
          value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (!fits)
        refuse(where, "an integer", described(value));
    return value.get<std::int64_t>();
}

double asNumber(const Json &value, const std::string &where)
{
    if (!value.is_number())
        refuse(where, "a number", described(value));
    return value.get<double>();
}

std::string asString(const Json &value, const std::string &where)
{
    if (!value.is_string())
        refuse(where, "a string", described(value));
    return value.get<std::string>();
}

} // namespace

Result<Json> parseLenientJson(std::string_view text, const std::string &where)
{
    // The parser takes a zero byte for the end of the text.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return failure(ErrorCode::BadFormat, fmt::format("expected JSON, found a zero byte at offset {}", zero), where);
    const auto tagged = NumberNames(text).tagged();
    if (!tagged)
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected at most {} levels of nested JSON, found more", deepestNesting), where);
    try {
        Json value = Json::parse(*tagged);
        resolveTags(value);
        return value;
    } catch (const Json::exception &error) {
        const std::string_view message = error.what();
        const auto start = message.find("] ");
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected JSON: {}", start == message.npos ? message : message.substr(start + 2)),
                       where);
    }
}

Config::Config(Json value, std::string where, std::string prefix)
    : m_json(std::move(value)), m_where(std::move(where)), m_prefix(std::move(prefix))
{
}

Result<Config> Config::read(const std::filesystem::path &file)
{
    const auto mapped = MappedFile::open(file);
    if (!mapped)
        return tl::unexpected(mapped.error());
    const auto bytes = mapped->bytes();
    return parse({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, file.string());
}

Result<Config> Config::parse(std::string_view text, std::string where)
{
    auto value = parseLenientJson(text, where);
    if (!value)
        return tl::unexpected(value.error());
    if (!value->is_object())
        return failure(ErrorCode::BadFormat, fmt::format("expected a JSON object, found {}", described(*value)), where);
    return Config(std::move(*value), std::move(where), {});
}

const Json *Config::value(std::string_view key) const
{
    const auto found = m_json.find(key);
    return found == m_json.end() || found->is_null() ? nullptr : &*found;
}

std::string Config::place(std::string_view key) const
{
    return fmt::format("{}: {}{}", m_where, m_prefix, key);
}

bool Config::has(std::string_view key) const
{
    return value(key) != nullptr;
}

std::int64_t Config::integer(std::string_view key) const
{
    const Json *found = value(key);
    if (!found)
        refuse(place(key), "an integer", "none");
    return asInteger(*found, place(key));
}

std::int64_t Config::integer(std::string_view key, std::int64_t otherwise) const
{
    const Json *found = value(key);
    return found ? asInteger(*found, place(key)) : otherwise;
}

double Config::number(std::string_view key, double otherwise) const
{
    const Json *found = value(key);
    return found ? asNumber(*found, place(key)) : otherwise;
}

bool Config::boolean(std::string_view key, bool otherwise) const
{
    const Json *found = value(key);
    if (found && !found->is_boolean())
        refuse(place(key), "true or false", described(*found));
    return found ? found->get<bool>() : otherwise;
}

std::string Config::string(std::string_view key, std::string otherwise) const
{
    const Json *found = value(key);
    return found ? asString(*found, place(key)) : otherwise;
}

Config Config::object(std::string_view key) const
{
    const Json *found = value(key);
    if (found && !found->is_object())
        refuse(place(key), "an object", described(*found));
    return Config(found ? *found : Json::object(), m_where, fmt::format("{}{}.", m_prefix, key));
}

template <typename T, typename Item>
std::optional<std::vector<T>> Config::list(std::string_view key, const char *expected, const Item &item) const
{
    const Json *found = value(key);
    if (!found)
        return std::nullopt;
    if (!found->is_array())
        refuse(place(key), expected, described(*found));
    std::vector<T> result;
    for (const Json &element : *found)
        result.push_back(item(element, fmt::format("{}[{}]", place(key), result.size())));
    return result;
}

std::optional<std::vector<double>> Config::numbers(std::string_view key) const
{
    return list<double>(key, "a list of numbers", asNumber);
}

std::optional<std::vector<std::int64_t>> Config::integers(std::string_view key) const
{
    return list<std::int64_t>(key, "a list of integers", asInteger);
}

std::optional<std::vector<std::string>> Config::strings(std::string_view key) const
{
    return list<std::string>(key, "a list of strings", asString);
}

Config Config::with(const std::string &key, Json value) const
{
    Config changed = *this;
    changed.m_json[key] = std::move(value);
    return changed;
}

std::string configText(const Json &config)
{
    std::string text = marked(config).dump(2) + "\n";
    for (std::string_view name : {"Infinity", "-Infinity", "NaN"}) {
        const std::string mark = Json(markOf(name)).dump();
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at))
            text.replace(at, mark.size(), name);
    }
    return text;
}

Config Config::replaced(Json json) const
{
    Config other = *this;
    if (has("ecdysis"))
        json["ecdysis"] = m_json.at("ecdysis");
    other.m_json = std::move(json);
    return other;
}

} // namespace ecdysis::io
