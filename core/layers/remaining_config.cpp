// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/remaining_config.h"

#include <algorithm>

namespace ecdysis::layers {

bool isLeft(const Remains &remains, std::int64_t layer)
{
    return std::ranges::binary_search(remains.layers, layer);
}

int numberLeft(const Remains &remains, int layer)
{
    return static_cast<int>(std::ranges::lower_bound(remains.layers, layer) - remains.layers.begin());
}

RemainingConfig &RemainingConfig::layers(const std::string &key)
{
    return set(key, m_remains.layers.size());
}

RemainingConfig &RemainingConfig::itemPerLayer(const std::string &key)
{
    if (!m_config.has(key))
        return *this;
    const nlohmann::json &all = m_config.json().at(key);
    nlohmann::json left = nlohmann::json::array();
    for (std::size_t layer = 0; layer < all.size(); ++layer)
        if (isLeft(m_remains, static_cast<std::int64_t>(layer)))
            left.push_back(all[layer]);
    return set(key, std::move(left));
}

RemainingConfig &RemainingConfig::layerNumbers(const std::string &key)
{
    const auto all = m_config.integers(key);
    if (!all)
        return *this;
    nlohmann::json left = nlohmann::json::array();
    for (std::int64_t layer : *all)
        if (isLeft(m_remains, layer))
            left.push_back(numberLeft(m_remains, static_cast<int>(layer)));
    return set(key, std::move(left));
}

RemainingConfig &RemainingConfig::width(const std::string &key, const std::string &kind, std::int64_t factor)
{
    const auto found = m_remains.widths.find(kind);
    return found == m_remains.widths.end() ? *this : set(key, found->second * factor);
}

RemainingConfig &RemainingConfig::attentionHeads(const AttentionShape &shape, const std::string &sizeKey)
{
    if (!m_remains.widths.contains("attention_heads"))
        return *this;
    return width("num_key_value_heads", "attention_heads")
        .width("num_attention_heads", "attention_heads", shape.heads / shape.keyHeads)
        .set(sizeKey, shape.headSize);
}

RemainingConfig &RemainingConfig::set(const std::string &key, nlohmann::json value)
{
    const auto dot = key.find('.');
    if (dot == key.npos) {
        m_config = m_config.with(key, std::move(value));
        return *this;
    }
    const std::string object = key.substr(0, dot);
    nlohmann::json changed = m_config.object(object).json();
    changed[key.substr(dot + 1)] = std::move(value);
    m_config = m_config.with(object, std::move(changed));
    return *this;
}

} // namespace ecdysis::layers
