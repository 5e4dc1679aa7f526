// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/written_form.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/exception.h"
#include "core/pruning/cut_blueprint.h"
#include "core/pruning/gone_parts.h"
#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

using architectures::Architecture;
using architectures::Axis;
using architectures::Blueprint;
using architectures::Parameter;
using architectures::Part;
using architectures::Remains;
using architectures::StockLoader;

namespace {

using Loaders = std::set<std::string>;
using Names = std::map<std::string, std::string>;

bool isWeight(const Unit &unit)
{
    return unit.from < 0 && !unit.isPart();
}

/// Which of the units stock software can do without, and what it is called.
class Stock
{
public:
    Stock(const Architecture &architecture, const Blueprint &blueprint, std::span<const Unit> units, std::string layout)
        : m_architecture(architecture), m_blueprint(blueprint), m_layout(std::move(layout))
    {
        const Inventory inventory(blueprint);
        std::vector<Unit> parts;
        std::ranges::copy_if(units, std::back_inserter(parts), &Unit::isPart);
        const Cut cut = inventory.cut(parts);
        std::map<std::pair<std::string, int>, std::int64_t> lost;
        for (const Unit &unit : units)
            lost[{unit.kind, unit.layer}] += unit.to - unit.from + 1;
        for (const Axis &axis : blueprint.axes)
            if (std::ranges::any_of(axis.slices, [&](const auto &slice) {
                    return inventory.parameter(slice.tensor) && !cut.tensors.contains(slice.tensor);
                }))
                m_sizes[axis.kind].emplace(axis.size, axis.size - lost[{axis.kind, axis.layer}]);
    }

    /// Software that reads the layout and can do without the unit.
    Loaders loaders(const Unit &unit) const
    {
        Loaders loaders;
        if (!allows(unit))
            return loaders;
        for (const StockLoader &stock : m_architecture.stockLoaders)
            if (reads(stock.loader) &&
                (isWeight(unit) || (unit.kind == stock.kind && (!stock.uniform || isUniform(unit)))))
                loaders.insert(stock.loader);
        return loaders;
    }

    /// Why there is none.
    std::string reason(const Unit &unit) const
    {
        const bool known = std::ranges::any_of(m_architecture.stockLoaders, [&](const StockLoader &stock) {
            return reads(stock.loader) && unit.kind == stock.kind;
        });
        if (!known)
            return fmt::format("{}: no stock loader of {} can do without a unit of this kind", unit.id,
                               m_architecture.title);
        return allows(unit) ? fmt::format("{}: stock loaders want as many entries in every layer", unit.id)
                            : fmt::format("{}: without it, stock loaders would pair other layers", unit.id);
    }

    /// Entries left in each layer of a width that is cut the same everywhere.
    std::int64_t left(const std::string &kind) const { return m_sizes.at(kind).begin()->second; }

private:
    bool reads(const std::string &loader) const { return (loader == "mamba_ssm") == (m_layout == "original"); }

    bool allows(const Unit &unit) const
    {
        const auto part = std::ranges::find_if(m_blueprint.parts, [&](const Part &candidate) {
            return candidate.kind == unit.kind && candidate.layer == unit.layer;
        });
        return unit.from >= 0 || part == m_blueprint.parts.end() || part->stock;
    }

    bool isUniform(const Unit &unit) const
    {
        const auto sizes = m_sizes.find(unit.kind);
        return sizes != m_sizes.end() && sizes->second.size() == 1;
    }

    const Architecture &m_architecture;
    const Blueprint &m_blueprint;
    std::string m_layout;
    /// (Before, after) by kind, of all widths whose layers are left.
    std::map<std::string, std::set<std::pair<std::int64_t, std::int64_t>>> m_sizes;
};

Remains remainsOf(const Blueprint &blueprint, std::span<const Unit> units, const Stock &stock)
{
    const PartsByLayer gone = partsOf(units);
    Remains remains;
    for (int layer = 0; layer < blueprint.layers(); ++layer) {
        const auto found = gone.find(layer);
        remains.gone.push_back(found == gone.end() ? std::set<std::string>() : found->second);
        if (!remains.gone.back().contains("block"))
            remains.layers.push_back(layer);
    }
    for (const Unit &unit : units)
        if (unit.from >= 0)
            remains.widths[unit.kind] = stock.left(unit.kind);
    return remains;
}

int numberAfter(const Remains &remains, int layer)
{
    return static_cast<int>(std::ranges::lower_bound(remains.layers, layer) - remains.layers.begin());
}

bool isLeft(const Remains &remains, int layer)
{
    return std::ranges::binary_search(remains.layers, layer);
}

/// Parameters by the layers that use them, each group in the order of the blueprint: what names that bear numbers have
/// in common before and after.
using Groups = std::map<std::vector<int>, std::vector<const Parameter *>>;

Groups groupsOf(const Blueprint &blueprint)
{
    Groups groups;
    for (const Parameter &parameter : blueprint.parameters)
        groups[parameter.layers].push_back(&parameter);
    return groups;
}

/// The groups of a cut blueprint under the numbers that the layers get.
Groups renumbered(const Blueprint &blueprint, const Remains &remains)
{
    Groups groups;
    for (const Parameter &parameter : blueprint.parameters) {
        std::vector<int> layers;
        for (int layer : parameter.layers)
            layers.push_back(numberAfter(remains, layer));
        groups[layers].push_back(&parameter);
    }
    return groups;
}

/// The last part of a name, which no layout and no number changes: "weight", "A_log".
std::string_view ending(std::string_view name)
{
    return name.substr(name.rfind('.') + 1);
}

/// Pairs the parameters of a cut blueprint with those that a config promises; none where they are not the same tensors.
std::optional<Names> namesAfter(const Blueprint &cut, const Remains &remains, const Blueprint &promised)
{
    const Groups before = renumbered(cut, remains);
    const Groups after = groupsOf(promised);
    if (before.size() != after.size())
        return std::nullopt;
    Names names;
    for (const auto &[layers, parameters] : before) {
        const auto found = after.find(layers);
        if (found == after.end() || found->second.size() != parameters.size())
            return std::nullopt;
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const Parameter &one = *parameters[i];
            const Parameter &other = *found->second[i];
            if (one.shape != other.shape || ending(one.name) != ending(other.name))
                return std::nullopt;
            names[one.name] = other.name;
        }
    }
    return names;
}

/// A unit under the numbers after the cut; none if it has gone with its layer.
std::optional<Unit> after(Unit unit, const Blueprint &whole, const Blueprint &written, const Remains &remains,
                          const Names &names)
{
    if (unit.from < 0) {
        if (!isLeft(remains, unit.layer))
            return std::nullopt;
        unit.layer = numberAfter(remains, unit.layer);
        unit.id = unitId(unit.kind, unit.layer);
        return unit;
    }
    // A width of tensors that layers share belongs to the first of them that is left.
    const Axis &axis = *Inventory(whole).axis(unit.kind, unit.layer);
    for (const Axis &other : written.axes)
        for (const auto &slice : axis.slices)
            if (const auto name = names.find(slice.tensor);
                other.kind == unit.kind && name != names.end() &&
                std::ranges::find(other.slices, name->second, &architectures::Slice::tensor) != other.slices.end()) {
                unit.layer = other.layer;
                unit.id = unitId(unit.kind, unit.layer, unit.from, unit.to);
                return unit;
            }
    return std::nullopt;
}

/// A form in which the config says that `said` is gone; none if it cannot.
std::optional<WrittenForm> formSaying(const Architecture &architecture, const io::Config &config,
                                      const Blueprint &whole, const Stock &stock, std::span<const Unit> said,
                                      std::span<const Unit> unsaid, const std::string &layout)
{
    if (!said.empty() && !architecture.configOf)
        return std::nullopt;
    const Remains remains = remainsOf(whole, said, stock);
    if (remains.layers.empty())
        return std::nullopt;
    io::Config left = said.empty() ? config : architecture.configOf(config, remains);
    if (layout != whole.layout)
        left = architecture.inLayout(left, layout);
    const Blueprint written = architectures::blueprintOf(architecture, left);
    const auto names = namesAfter(blueprintWithout(whole, said), remains, written);
    if (!names)
        return std::nullopt;
    std::vector<Unit> rest;
    for (const Unit &unit : unsaid)
        if (auto renamed = after(unit, whole, written, remains, *names))
            rest.push_back(std::move(*renamed));
    Blueprint blueprint = blueprintWithout(written, rest);
    return WrittenForm{.config = std::move(left),
                       .blueprint = std::move(blueprint),
                       .names = *names,
                       .layers = remains.layers,
                       .rest = std::move(rest),
                       .loaders = {},
                       .reasons = {}};
}

/// Layers whose projections go, all of them, but whose block is not named.
std::set<int> emptied(const Blueprint &blueprint, std::span<const Unit> units)
{
    std::set<int> emptied;
    std::set<int> left;
    const PartsByLayer gone = partsOf(units);
    for (const Parameter &parameter : blueprint.parameters)
        for (int layer : parameter.layers) {
            if (!gone.contains(layer) || gone.at(layer).contains("block"))
                continue;
            emptied.insert(layer);
            if (parameter.precision == architectures::Precision::Compute && !goneFrom(layer, parameter, gone))
                left.insert(layer);
        }
    std::erase_if(emptied, [&](int layer) { return left.contains(layer); });
    return emptied;
}

/// The software that can do without every one of the units.
std::vector<std::string> common(const std::vector<Loaders> &ofUnits, const Architecture &architecture,
                                const std::string &layout)
{
    Loaders common;
    for (const StockLoader &stock : architecture.stockLoaders)
        if ((std::string(stock.loader) == "mamba_ssm") == (layout == "original") &&
            std::ranges::all_of(ofUnits, [&](const Loaders &loaders) { return loaders.contains(stock.loader); }))
            common.insert(stock.loader);
    return {common.begin(), common.end()};
}

} // namespace

std::vector<Unit> settled(const Blueprint &blueprint, std::span<const Unit> units)
{
    std::vector<Unit> all(units.begin(), units.end());
    for (int layer : emptied(blueprint, units))
        all.push_back({.id = unitId("block", layer), .kind = "block", .layer = layer});
    std::vector<Unit> blocks;
    std::ranges::copy_if(all, std::back_inserter(blocks), [](const Unit &unit) { return unit.kind == "block"; });
    const PartsByLayer gone = partsOf(blocks);
    const Inventory inventory(blueprint);
    const Cut cut = inventory.cut(blocks);
    std::erase_if(all, [&](const Unit &unit) {
        if (unit.kind == "block" || !gone.contains(unit.layer))
            return false;
        if (isWeight(unit))
            return cut.tensors.contains(unit.id.substr(std::string_view("weight:").size()));
        // Widths of tensors that other layers share stay.
        return unit.from < 0 || std::ranges::all_of(inventory.axis(unit.kind, unit.layer)->slices,
                                                    [&](const architectures::Slice &slice) {
                                                        return !inventory.parameter(slice.tensor) ||
                                                               cut.tensors.contains(slice.tensor);
                                                    });
    });
    return all;
}

WrittenForm writtenForm(const Architecture &architecture, const io::Config &config, std::span<const Unit> units,
                        const std::string &layout)
{
    const Blueprint whole = architectures::blueprintOf(architecture, config);
    const std::string target = layout.empty() ? whole.layout : layout;
    if (target != whole.layout && !architecture.inLayout)
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("expected the layout {}, which {} is always in, found {}", whole.layout,
                                    architecture.title, target),
                        config.where());
    const Stock stock(architecture, whole, units, target);
    std::vector<Unit> said;
    std::vector<Unit> unsaid;
    std::vector<Loaders> loaders;
    std::vector<std::string> reasons;
    for (const Unit &unit : units) {
        loaders.push_back(stock.loaders(unit));
        if (loaders.back().empty())
            reasons.push_back(stock.reason(unit));
        if (!isWeight(unit))
            (loaders.back().empty() ? unsaid : said).push_back(unit);
    }
    // Blocks at least, where the whole of it is too much for a config.
    for (const auto &isSaid : {+[](const Unit &) { return true; }, +[](const Unit &unit) { return unit.isPart(); },
                               +[](const Unit &) { return false; }}) {
        std::vector<Unit> less;
        std::vector<Unit> more = unsaid;
        for (const Unit &unit : said)
            (isSaid(unit) ? less : more).push_back(unit);
        auto form = formSaying(architecture, config, whole, stock, less, more, target);
        if (!form)
            continue;
        if (reasons.empty() && !form->rest.empty())
            reasons.push_back(fmt::format("{}: no config of {} says so", form->rest.front().id, architecture.title));
        if (form->rest.empty())
            form->loaders = common(loaders, architecture, target);
        form->reasons = form->loaders.empty() ? std::move(reasons) : std::vector<std::string>();
        return std::move(*form);
    }
    throw Exception(ErrorCode::Internal, "expected the tensors of one layout to be those of another, found others",
                    config.where());
}

} // namespace ecdysis::pruning
