// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/shedder_config.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::pruning {

using nlohmann::json;

namespace {

constexpr const char *channelsKey = "pruned_mlp_channels";

bool hasUnit(const ModelCard &card, const std::string &id)
{
    return std::ranges::find(card.units, id, &Unit::id) != card.units.end();
}

bool hasKind(const ModelCard &card, const std::string &kind)
{
    return std::ranges::find(card.units, kind, &Unit::kind) != card.units.end();
}

/// The layer of the n-th transformer.
int hybridLayer(const ModelCard &card, int n)
{
    for (int layer = 0; layer < card.layers; ++layer)
        if (card.layerTypes[static_cast<std::size_t>(layer)] == "hybrid" && n-- == 0)
            return layer;
    return card.layers; // no layer has this number
}

/// A hybrid layer keeps its transformer when its Mamba block goes.
std::string mambaBlock(const ModelCard &card, int layer)
{
    const bool hybrid = card.layerTypes.at(static_cast<std::size_t>(layer)) == "hybrid";
    return unitId(hybrid && hasUnit(card, unitId("mamba", layer)) ? "mamba" : "block", layer);
}

/// A list of layers and what goes of each.
struct Key
{
    const char *name;
    const char *needs; ///< a kind of unit of the models that have this list; empty: all
    std::string (*unit)(const ModelCard &card, int index);
};

constexpr Key keys[] = {
    {"pruned_mamba_block_idx", "", &mambaBlock},
    {"pruned_mha_idx", "transformer",
     [](const ModelCard &card, int index) { return unitId("attention", hybridLayer(card, index)); }},
    {"pruned_mlp_idx", "transformer",
     [](const ModelCard &card, int index) { return unitId("mlp", hybridLayer(card, index)); }},
    {"pruned_hymba_block_idx", "mixer", [](const ModelCard &, int index) { return unitId("mixer", index); }},
    {"pruned_self_attn_idx", "mixer", [](const ModelCard &, int index) { return unitId("attention", index); }},
    {"pruned_moe_idx", "mixer", [](const ModelCard &, int index) { return unitId("mlp", index); }},
    {"pruned_ssm_idx", "", [](const ModelCard &, int index) { return unitId("ssm", index); }}};

/// The layer of an MLP by its number in pruned_mlp_channels.
int mlpLayer(const ModelCard &card, int index)
{
    return hasKind(card, "transformer") ? hybridLayer(card, index) : index;
}

const Width *mlpWidth(const ModelCard &card, int layer)
{
    const auto found = std::ranges::find_if(
        card.widths, [&](const Width &width) { return width.kind == "mlp_channels" && width.layer == layer; });
    return found == card.widths.end() ? nullptr : &*found;
}

/// Whether every transformer has an MLP of its own: its channels can go from one use alone.
bool ownMlps(const ModelCard &card)
{
    for (int layer = 0; layer < card.layers; ++layer)
        if (hasUnit(card, unitId("transformer", layer)) && !mlpWidth(card, layer))
            return false;
    return true;
}

int number(const std::string &text, const std::string &where)
{
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw Exception(ErrorCode::BadFormat, fmt::format("expected the number of an MLP, found \"{}\"", text), where);
    return value;
}

void addChannels(json &removals, const json &kept, const ModelCard &card, const std::string &where)
{
    if (!ownMlps(card) && !kept.empty())
        throw Exception(ErrorCode::Unsupported,
                        "expected no widths of transformers, which this model shares between layers, found some: "
                        "`unshare` gives each layer its own",
                        where);
    for (const auto &[key, count] : kept.items()) {
        const int layer = mlpLayer(card, number(key, where));
        const Width *width = mlpWidth(card, layer);
        if (!width || !count.is_number_integer() || count < 1 || count > width->size)
            throw Exception(
                ErrorCode::BadFormat,
                fmt::format("expected the channels that the MLP of a layer keeps, found \"{}\": {}", key, count.dump()),
                where);
        if (count < width->size)
            removals.push_back(unitId("mlp_channels", layer, count.get<std::int64_t>(), width->size - 1));
    }
}

/// The channels kept of each MLP, by its number; only the last ones may be gone.
json keptChannels(const std::map<int, std::set<std::int64_t>> &gone, const ModelCard &card)
{
    json kept = json::object();
    for (int index = 0; index < card.layers; ++index) {
        const auto channels = gone.find(mlpLayer(card, index));
        if (channels == gone.end())
            continue;
        const std::int64_t size = mlpWidth(card, channels->first)->size;
        const auto left = size - static_cast<std::int64_t>(channels->second.size());
        if (*channels->second.begin() != left)
            throw Exception(ErrorCode::Unsupported,
                            fmt::format("expected the last channels to go, which is all that {} can say, found others",
                                        shedderConfigName),
                            unitId("mlp_channels", channels->first));
        kept[std::to_string(index)] = left;
    }
    return kept;
}

} // namespace

bool isShedderConfig(const json &object)
{
    return object.is_object() && (object.contains(channelsKey) ||
                                  std::ranges::any_of(keys, [&](const Key &key) { return object.contains(key.name); }));
}

json removalsOfShedderConfig(const json &object, const ModelCard &card, const std::string &where)
{
    json removals = json::array();
    for (const Key &key : keys) {
        const json list = object.value(key.name, json::array());
        const std::string place = where + ": " + key.name;
        for (const json &index : list) {
            if (!index.is_number_integer() || index < 0 || index >= card.layers)
                throw Exception(ErrorCode::BadFormat,
                                fmt::format("expected numbers of layers below {}, found {}", card.layers, index.dump()),
                                place);
            removals.push_back(key.unit(card, index.get<int>()));
        }
    }
    addChannels(removals, object.value(channelsKey, json::object()), card, where + ": " + channelsKey);
    return removals;
}

json shedderConfig(const Plan &plan, const ModelCard &card)
{
    std::map<std::string, std::pair<const char *, int>> places;
    json config = json::object();
    for (const Key &key : keys) {
        if (*key.needs != '\0' && !hasKind(card, key.needs))
            continue;
        config[key.name] = json::array();
        for (int index = 0; index < card.layers; ++index)
            places.try_emplace(key.unit(card, index), key.name, index);
    }
    std::map<int, std::set<std::int64_t>> channels;
    for (const Removal &removal : plan.removals) {
        const auto unit = parseUnitId(removal.unit);
        if (const auto place = places.find(removal.unit); place != places.end()) {
            config[place->second.first].push_back(place->second.second);
        } else if (unit && unit->kind == "mlp_channels" && ownMlps(card)) {
            for (std::int64_t channel = unit->from; channel <= unit->to; ++channel)
                channels[unit->layer].insert(channel);
        } else {
            throw Exception(
                ErrorCode::Unsupported,
                fmt::format("expected a unit that {} has a key for, found {}", shedderConfigName, removal.unit),
                "plan");
        }
    }
    if (!channels.empty())
        config[channelsKey] = keptChannels(channels, card);
    return config;
}

} // namespace ecdysis::pruning
