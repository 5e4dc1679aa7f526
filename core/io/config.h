// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/values/result.h"

namespace ecdysis::io {

/// A config.json as files in the wild have it: `Infinity`, `-Infinity` and `NaN` are accepted, and so is
/// `{"__float__": "Infinity"}`. Typed access throws an Exception (core/exception.h) naming file, key, what was expected
/// and found.
class Config
{
public:
    static Result<Config> read(const std::filesystem::path &file);
    static Result<Config> parse(std::string_view text, std::string where);

    bool has(std::string_view key) const; ///< present and not null
    const std::string &where() const { return m_where; }
    std::string place(std::string_view key) const; ///< file and whole path of a key, for messages
    const nlohmann::json &json() const { return m_json; }

    /// Required values; throw Exception{BadFormat} where absent or of another type.
    std::int64_t integer(std::string_view key) const;
    /// Values with the default of the reference implementation where the key is absent (or null).
    std::int64_t integer(std::string_view key, std::int64_t otherwise) const;
    double number(std::string_view key, double otherwise) const;
    bool boolean(std::string_view key, bool otherwise) const;
    std::string string(std::string_view key, std::string otherwise) const;
    /// A nested object; an empty one if absent. Its errors name the whole path ("ssm_cfg.d_state").
    Config object(std::string_view key) const;
    /// A list of numbers.
    std::optional<std::vector<double>> numbers(std::string_view key) const;
    /// A list of integers.
    std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
    /// A list of strings.
    std::optional<std::vector<std::string>> strings(std::string_view key) const;

    /// Another config in its stead, of the same file; keys of our own stay.
    Config replaced(nlohmann::json json) const;

    /// The same config with a value in the place of another, or of none.
    Config with(const std::string &key, nlohmann::json value) const;

private:
    Config(nlohmann::json json, std::string where, std::string prefix);
    const nlohmann::json *value(std::string_view key) const; ///< null where absent
    template <typename T, typename Item>
    std::optional<std::vector<T>> list(std::string_view key, const char *expected, const Item &item) const;
    nlohmann::json m_json;
    std::string m_where;
    std::string m_prefix; ///< path of this object in the file, with its dot
};

/// JSON text of a config, with `Infinity` where a number has no other spelling: Python's json module and Config read
/// it.
std::string configText(const nlohmann::json &config);

/// Parses JSON text with the leniency above (used for config files only: safetensors headers are strict).
Result<nlohmann::json> parseLenientJson(std::string_view text, const std::string &where);

} // namespace ecdysis::io
