// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/commands/command.h"
#include "app/cli/common_options.h"
#include "app/cli/text_table.h"
#include "core/values/json.h"

namespace ecdysis::cli::commands {

namespace {

/// Components that every layer has, taken together: "layers.*.mixer.in_proj".
struct ComponentGroup
{
    std::string name;
    int count = 0;
    std::int64_t parameters = 0;
    std::int64_t bytes = 0;
};

std::string groupName(const Component &component)
{
    const std::string prefix = fmt::format("layers.{}", component.layer);
    return component.layer >= 0 && component.name.starts_with(prefix)
               ? "layers.*" + component.name.substr(prefix.size())
               : component.name;
}

std::vector<ComponentGroup> groups(const ModelCard &card)
{
    std::vector<ComponentGroup> groups;
    for (const Component &component : card.components) {
        const std::string name = groupName(component);
        auto group = std::ranges::find(groups, name, &ComponentGroup::name);
        if (group == groups.end())
            group = groups.insert(groups.end(), {name});
        ++group->count;
        group->parameters += component.parameters;
        group->bytes += component.bytes;
    }
    return groups;
}

std::string componentTable(const ModelCard &card)
{
    TextTable table({"component", "count", "parameters", "size"});
    for (const ComponentGroup &group : groups(card))
        table.addRow({group.name, std::to_string(group.count), grouped(group.parameters), byteCount(group.bytes)});
    return table.text();
}

std::string unitTable(const ModelCard &card)
{
    TextTable table({"unit", "layer", "parameters", "share", "MFLOP/token", "stock loaders"});
    for (const Unit &unit : card.units)
        if (unit.isPart())
            table.addRow({unit.id, std::to_string(unit.layer), grouped(unit.parameters),
                          fmt::format("{:.2f} %", 100.0 * static_cast<double>(unit.parameters) /
                                                      static_cast<double>(std::max<std::int64_t>(1, card.parameters))),
                          fmt::format("{:.3f}", unit.flopsPerToken / 1e6), unit.loaders.empty() ? "no" : "yes"});
    return table.text();
}

/// Widths that are alike in several layers, taken together.
std::string widthTable(const ModelCard &card)
{
    std::map<std::pair<std::string, std::int64_t>, std::vector<int>> layers;
    for (const Width &width : card.widths)
        layers[{width.kind, width.size}].push_back(width.layer);
    TextTable table({"width", "entries", "layers", "as a unit"});
    for (const auto &[width, members] : layers)
        table.addRow({width.first, std::to_string(width.second), std::to_string(members.size()),
                      unitId(width.first, members.front(), 0, width.second / 2)});
    return table.text();
}

std::string describe(const ModelCard &card)
{
    std::string text = fmt::format("{} · {} layers · {} parameters · {} · {} · {} layout\n", card.title, card.layers,
                                   grouped(card.parameters), byteCount(card.bytes), name(card.dtype), card.layout);
    for (const auto &[dimension, value] : card.dimensions)
        text += fmt::format("{} {}  ", dimension, value);
    text += fmt::format("\n{:.1f} MFLOP per token, tokenizer {}\n\n", card.flopsPerToken / 1e6,
                        card.hasTokenizer ? "found" : "not found");
    text += componentTable(card) + "\n" + unitTable(card) + "\n" + widthTable(card);
    for (const Convention &convention : card.conventions)
        text += fmt::format("\n{} = {} (of {}). {}", convention.name, convention.value,
                            fmt::join(convention.choices, ", "), convention.meaning);
    for (const std::string &alias : card.tied)
        text += fmt::format("\n{} repeats another tensor and is counted once", alias);
    for (const std::string &warning : card.warnings)
        text += fmt::format("\nwarning: {}", warning);
    return text + (card.conventions.empty() && card.tied.empty() && card.warnings.empty() ? "" : "\n");
}

Action define(CLI::App &app)
{
    auto model = std::make_shared<std::filesystem::path>();
    addModel(app, *model);
    return [model](Context &) {
        return ecdysis::inspect(*model).map([](const ModelCard &card) { return Report{card, describe(card)}; });
    };
}

} // namespace

extern const Command inspect;
const Command inspect{"inspect", "Show what a model consists of, from the headers of its files", define};

} // namespace ecdysis::cli::commands
