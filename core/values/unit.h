// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ecdysis {

/// One thing that can go: a part of a layer (a block, an SSM, an MLP), some entries of one of its widths (channels,
/// heads, states), or a weight tensor.
/// Its id is `kind:layer[:from-to]`, layers counted from 0 as in the checkpoint: `block:5`, `mlp_channels:7:0-1023`;
/// that of a weight `weight:` and its name.
struct Unit
{
    std::string id;
    std::string kind; ///< "block", "ssm"
    int layer = -1;
    std::int64_t from = -1;                    ///< first entry of a width; -1: the unit is a whole part
    std::int64_t to = -1;                      ///< last entry
    std::int64_t parameters = 0;               ///< that go with it alone; what others share stays
    std::int64_t bytes = 0;                    ///< of those parameters as stored
    double flopsPerToken = 0;                  ///< of a forward pass that go with it (2 per multiply-add)
    std::vector<std::string> tensors;          ///< stored tensors that become unused
    std::vector<std::string> needs;            ///< parts that must go too, or the rest could not run: "attention:2"
    std::vector<std::string> loaders;          ///< stock software that can hold the model without it
    std::vector<std::string> loadersIfUniform; ///< that which can if every layer with such units loses as many
    bool maskIsCut = true;                     ///< whether zeros in its place compute what its absence does

    bool isPart() const { return from < 0 && kind != "weight"; } ///< rather than entries or a weight
    bool operator==(const Unit &) const = default;
};

/// The id of a unit that is a whole part of a layer.
inline std::string unitId(const std::string &kind, int layer)
{
    return kind + ":" + std::to_string(layer);
}

/// The id of a unit that is a range of entries, both ends included.
inline std::string unitId(const std::string &kind, int layer, std::int64_t from, std::int64_t to)
{
    return unitId(kind, layer) + ":" + std::to_string(from) + "-" + std::to_string(to);
}

/// The unit that an id of one of these forms names, nothing else filled in; none for other texts.
inline std::optional<Unit> parseUnitId(const std::string &id)
{
    const std::string_view text = id;
    const auto number = [](std::string_view digits) -> std::optional<std::int64_t> {
        std::int64_t value = -1;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        const bool whole = error == std::errc() && end == digits.data() + digits.size() && value >= 0;
        return whole ? std::optional(value) : std::nullopt;
    };
    const auto colon = text.find(':');
    if (colon == text.npos)
        return std::nullopt;
    const auto second = text.find(':', colon + 1);
    const auto layer = number(text.substr(colon + 1, second - colon - 1));
    if (!layer || *layer > std::numeric_limits<int>::max())
        return std::nullopt;
    Unit unit;
    unit.id = id;
    unit.kind = id.substr(0, colon);
    unit.layer = static_cast<int>(*layer);
    if (second == text.npos)
        return unit;
    const std::string_view range = text.substr(second + 1);
    const auto dash = range.find('-');
    const auto from = number(range.substr(0, dash));
    const auto to = dash == range.npos ? from : number(range.substr(dash + 1));
    if (!from || !to || *to < *from)
        return std::nullopt;
    unit.from = *from;
    unit.to = *to;
    return unit;
}

} // namespace ecdysis
