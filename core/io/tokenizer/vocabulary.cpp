// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/vocabulary.h"

#include <algorithm>
#include <limits>

namespace ecdysis::io::tokenizers {

namespace {

constexpr std::string_view idRange = "an id from 0 to 2147483647";

bool isTokenId(const nlohmann::json &value)
{
    if (!value.is_number_integer())
        return false;
    const auto id = value.get<std::int64_t>();
    return id >= 0 && id <= std::numeric_limits<std::int32_t>::max();
}

} // namespace

Vocabulary::Vocabulary(const JsonNode &node)
{
    const auto &object = node.object();
    m_ids.reserve(object.size());
    for (const auto &[token, value] : object.items()) {
        if (!isTokenId(value))
            node.member(token).expected(idRange);
        m_ids.emplace(token, value.get<std::int32_t>());
        m_size = std::max(m_size, value.get<std::int64_t>() + 1);
    }
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const
{
    const auto found = m_ids.find(token);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

std::int32_t readTokenId(const JsonNode &node)
{
    if (!isTokenId(node.json()))
        node.expected(idRange);
    return node.json().get<std::int32_t>();
}

} // namespace ecdysis::io::tokenizers
