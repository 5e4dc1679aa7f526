// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/io/tokenizer/json_node.h"

namespace ecdysis::io::tokenizers {

/// Hash of strings that also takes views.
struct StringHash
{
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

template <typename Value> using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

/// Tokens and their ids, 0 … 2^31-1.
class Vocabulary
{
public:
    Vocabulary() = default;
    /// From an object {token: id}; throws Exception{BadFormat} naming the token.
    explicit Vocabulary(const JsonNode &node);

    std::optional<std::int32_t> find(std::string_view token) const;
    std::int64_t size() const { return m_size; } ///< largest id + 1
    const StringMap<std::int32_t> &ids() const { return m_ids; }

private:
    StringMap<std::int32_t> m_ids;
    std::int64_t m_size = 0;
};

/// An id as every file writes it; throws Exception{BadFormat} outside 0 … 2^31-1.
std::int32_t readTokenId(const JsonNode &node);

} // namespace ecdysis::io::tokenizers
