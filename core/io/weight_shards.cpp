// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/weight_shards.h"

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/io/mapped_file.h"

namespace ecdysis::io {

namespace {

using Json = nlohmann::json;

/// Watches a parser for keys that occur twice, which the parsed object would hide.
class DuplicateWatch
{
public:
    bool operator()(int, Json::parse_event_t event, Json &value)
    {
        if (event == Json::parse_event_t::object_start)
            m_keys.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            m_keys.pop_back();
        else if (event == Json::parse_event_t::key && !m_keys.back().insert(value.get<std::string>()).second &&
                 !m_twice)
            m_twice = value.get<std::string>();
        return true;
    }

    const std::optional<std::string> &twice() const { return m_twice; }

private:
    std::vector<std::set<std::string>> m_keys;
    std::optional<std::string> m_twice;
};

Result<Json> parseIndex(std::string_view text, const std::string &where)
{
    if (const auto zero = text.find('\0'); zero != text.npos)
        return failure(ErrorCode::BadFormat, fmt::format("expected JSON, found a zero byte at offset {}", zero), where);
    DuplicateWatch watch;
    try {
        Json index = Json::parse(text, std::ref(watch));
        if (watch.twice())
            return failure(ErrorCode::BadFormat, "expected every name once, found this one twice",
                           where + ": " + *watch.twice());
        return index;
    } catch (const Json::exception &error) {
        const std::string_view message = error.what();
        const auto start = message.find("] ");
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected JSON: {}", start == message.npos ? message : message.substr(start + 2)),
                       where);
    }
}

bool isPlainName(std::string_view name)
{
    constexpr std::string_view separators("/\\\0", 3);
    return !name.empty() && name != "." && name.find("..") == name.npos && name.find_first_of(separators) == name.npos;
}

} // namespace

Result<ShardMap> readShardIndex(const std::filesystem::path &index)
{
    const std::string where = index.string();
    const auto file = MappedFile::open(index);
    if (!file)
        return tl::unexpected(file.error());
    const auto json = parseIndex({reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size()}, where);
    if (!json)
        return tl::unexpected(json.error());
    if (!json->is_object())
        return failure(ErrorCode::BadFormat, "expected an object that maps tensors to files, found none", where);
    const auto weights = json->find("weight_map");
    if (weights == json->end() || !weights->is_object() || weights->empty())
        return failure(ErrorCode::BadFormat, "expected an object that maps tensors to files, found none",
                       where + ": weight_map");
    ShardMap shards;
    for (const auto &[tensor, name] : weights->items()) {
        if (!name.is_string() || !isPlainName(name.get_ref<const std::string &>()))
            return failure(ErrorCode::BadFormat,
                           fmt::format("expected the name of a file beside the index, found {}", name.dump()),
                           where + ": " + tensor);
        shards[tensor] = name.get<std::string>();
    }
    return shards;
}

} // namespace ecdysis::io
