// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/inventory.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/pruning/gone_parts.h"

namespace ecdysis::pruning {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Parameter;
using architectures::Part;
using architectures::Slice;
using architectures::Work;

namespace {

/// Groups of a width that are listed as units of their own.
constexpr std::int64_t groupsListed = 16;

constexpr const char *weightKind = "weight";

std::int64_t elements(const std::vector<std::int64_t> &shape)
{
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

void add(Cut &cut, const Slice &slice, const std::vector<std::int64_t> &entries)
{
    for (const std::int64_t entry : entries)
        for (const std::int64_t place : placesOf(slice, entry))
            cut.partial[slice.tensor][slice.dimension].push_back(place);
}

/// Elements that a slice takes of a tensor for each entry; the tensors of single entries, experts, are left out.
std::int64_t elementsOfEntry(const Slice &slice, const Parameter &parameter)
{
    const auto along = parameter.shape.at(static_cast<std::size_t>(slice.dimension));
    return slice.only >= 0 ? 0 : elements(parameter.shape) / along * slice.width * slice.repeat;
}

} // namespace

std::vector<std::int64_t> placesOf(const Slice &slice, std::int64_t entry)
{
    std::vector<std::int64_t> places;
    if (slice.only >= 0 && slice.only != entry)
        return places;
    const std::int64_t start = slice.start + (slice.only >= 0 ? 0 : entry * slice.step);
    for (std::int64_t r = 0; r < slice.repeat; ++r)
        for (std::int64_t i = 0; i < slice.width; ++i)
            places.push_back(start + r * slice.repeatStep + i);
    return places;
}

std::int64_t elementsLost(const std::vector<std::int64_t> &shape, const Indices &indices)
{
    std::int64_t after = 1;
    for (std::size_t dimension = 0; dimension < shape.size(); ++dimension) {
        const auto gone = indices.find(static_cast<int>(dimension));
        after *= shape[dimension] - (gone == indices.end() ? 0 : static_cast<std::int64_t>(gone->second.size()));
    }
    return elements(shape) - after;
}

Inventory::Inventory(const Blueprint &blueprint, std::vector<EntryOrder> orders)
    : m_blueprint(blueprint), m_orders(std::move(orders))
{
    for (const EntryOrder &order : m_orders) {
        const Axis *width = axis(order.kind, order.layer);
        std::vector<std::int64_t> sorted = order.entries, all(width ? static_cast<std::size_t>(width->size) : 0);
        std::ranges::sort(sorted);
        std::iota(all.begin(), all.end(), 0);
        const auto same = [&](const EntryOrder &other) {
            return other.kind == order.kind && other.layer == order.layer;
        };
        if (!width || sorted != all || std::ranges::count_if(m_orders, same) != 1)
            throw Exception(ErrorCode::Mismatch,
                            fmt::format("one order of the entries 0 to {} of a width of this model expected, one of {} "
                                        "entries found",
                                        width ? width->size - 1 : 0, order.entries.size()),
                            "plan: orders: " + unitId(order.kind, order.layer));
    }
    for (const Parameter &parameter : blueprint.parameters) {
        m_byName[parameter.name] = &parameter;
        for (int layer : parameter.layers)
            m_byLayer[layer].push_back(&parameter);
    }
}

const Parameter *Inventory::parameter(const std::string &name) const
{
    const auto found = m_byName.find(name);
    return found == m_byName.end() ? nullptr : found->second;
}

const Axis *Inventory::axis(const std::string &kind, int layer) const
{
    for (const Axis &axis : m_blueprint.axes)
        if (axis.kind == kind && axis.layer == layer)
            return &axis;
    return nullptr;
}

Unit Inventory::described(Unit unit) const
{
    if (unit.kind == weightKind) {
        const Parameter &weight = *parameter(unit.id.substr(std::string_view("weight:").size()));
        unit.flopsPerToken =
            weight.flops * static_cast<double>(elements(weight.shape)) * static_cast<double>(weight.layers.size());
        return unit;
    }
    if (unit.from >= 0) {
        const Axis &width = *axis(unit.kind, unit.layer);
        unit.maskIsCut = width.maskIsCut;
        double flops = width.flops;
        for (const Slice &slice : width.slices)
            if (const Parameter *tensor = parameter(slice.tensor))
                flops += tensor->flops * static_cast<double>(elementsOfEntry(slice, *tensor)) *
                         static_cast<double>(tensor->layers.size());
        unit.flopsPerToken = flops * static_cast<double>(unit.to - unit.from + 1);
        return unit;
    }
    for (const Part &part : m_blueprint.parts)
        if (part.layer == unit.layer && part.kind == unit.kind) {
            unit.needs = part.needs;
            for (const Slice &slice : part.slices)
                if (const Parameter *tensor = parameter(slice.tensor))
                    unit.flopsPerToken += tensor->flops * static_cast<double>(elementsOfEntry(slice, *tensor));
        }
    for (const Parameter *tensor : m_byLayer.at(unit.layer))
        if (std::ranges::count(tensor->parts, unit.kind) > 0)
            unit.flopsPerToken += tensor->flops * static_cast<double>(elements(tensor->shape));
    for (const Work &work : m_blueprint.work)
        if (work.layer == unit.layer && std::ranges::count(work.parts, unit.kind) > 0)
            unit.flopsPerToken += work.flops;
    return unit;
}

std::vector<Unit> Inventory::units() const
{
    std::vector<Unit> units;
    for (const Part &part : m_blueprint.parts)
        units.push_back(described({.id = unitId(part.kind, part.layer), .kind = part.kind, .layer = part.layer}));
    for (const Axis &axis : m_blueprint.axes) {
        const std::int64_t group =
            axis.single || axis.size <= groupsListed ? 1 : (axis.size + groupsListed - 1) / groupsListed;
        for (std::int64_t from = 0; from < axis.size; from += group) {
            const std::int64_t to = std::min(from + group, axis.size) - 1;
            units.push_back(described({.id = unitId(axis.kind, axis.layer, from, to),
                                       .kind = axis.kind,
                                       .layer = axis.layer,
                                       .from = from,
                                       .to = to}));
        }
    }
    for (const Parameter &parameter : m_blueprint.parameters)
        if (parameter.prunable)
            units.push_back(
                described({.id = "weight:" + parameter.name, .kind = weightKind, .layer = parameter.layer()}));
    return units;
}

Unit Inventory::unit(const std::string &id, const std::string &where) const
{
    if (id.starts_with("weight:")) {
        const Parameter *weight = parameter(id.substr(std::string_view("weight:").size()));
        if (!weight || !weight->prunable)
            throw Exception(ErrorCode::Mismatch, fmt::format("a prunable weight expected, \"{}\" found", id), where);
        return described({.id = id, .kind = weightKind, .layer = weight->layer()});
    }
    const auto unit = parseUnitId(id);
    const bool known =
        unit && (unit->isPart() ? std::ranges::any_of(m_blueprint.parts,
                                                      [&](const Part &part) {
                                                          return part.kind == unit->kind && part.layer == unit->layer;
                                                      })
                                : axis(unit->kind, unit->layer) != nullptr);
    if (!known)
        throw Exception(
            ErrorCode::Mismatch,
            fmt::format("a unit of this model of {} layers expected, \"{}\" found", m_blueprint.layers(), id), where);
    if (unit->from >= 0 && unit->to >= axis(unit->kind, unit->layer)->size)
        throw Exception(ErrorCode::Mismatch,
                        fmt::format("entries of {} from 0 to {} expected, \"{}\" found",
                                    unitId(unit->kind, unit->layer), axis(unit->kind, unit->layer)->size - 1, id),
                        where);
    return described(*unit);
}

std::vector<Unit> Inventory::units(const Plan &plan, const std::string &where) const
{
    std::vector<Unit> units;
    for (const Removal &removal : plan.removals)
        units.push_back(unit(removal.unit, where));
    return units;
}

std::vector<std::int64_t> Inventory::entries(const Unit &unit) const
{
    std::vector<std::int64_t> entries(static_cast<std::size_t>(unit.to - unit.from + 1));
    std::iota(entries.begin(), entries.end(), unit.from);
    const auto order = std::ranges::find_if(m_orders, [&](const EntryOrder &candidate) {
        return candidate.kind == unit.kind && candidate.layer == unit.layer;
    });
    if (order == m_orders.end())
        return entries;
    for (std::int64_t &entry : entries)
        entry = order->entries[static_cast<std::size_t>(entry)];
    std::ranges::sort(entries);
    return entries;
}

bool Inventory::isGone(const Unit &unit, std::span<const Unit> units) const
{
    const PartsByLayer gone = partsOf(units);
    bool found = false;
    const auto stays = [&](const Parameter *parameter) {
        found = true;
        return !goneFrom(unit.layer, *parameter, gone);
    };
    const auto stayIn = [&](const std::vector<Slice> &slices) {
        return std::ranges::any_of(slices, [&](const Slice &slice) {
            const Parameter *tensor = parameter(slice.tensor);
            return tensor && stays(tensor);
        });
    };
    if (unit.from >= 0)
        return !stayIn(axis(unit.kind, unit.layer)->slices) && found;
    for (const Parameter *tensor : m_byLayer.at(unit.layer))
        if (std::ranges::count(tensor->parts, unit.kind) > 0 && stays(tensor))
            return false;
    for (const Part &part : m_blueprint.parts)
        if (part.layer == unit.layer && part.kind == unit.kind && stayIn(part.slices))
            return false;
    return found;
}

void Inventory::check(std::span<const Unit> units, const std::string &where) const
{
    const PartsByLayer gone = partsOf(units);
    std::set<std::string> seen;
    std::map<std::pair<std::string, int>, std::set<std::int64_t>> entries;
    const auto refuse = [&](const std::string &message, const Unit &unit) {
        throw Exception(ErrorCode::Mismatch, message, where.empty() ? unit.id : where + ": " + unit.id);
    };
    for (const Unit &unit : units) {
        if (!seen.insert(unit.id).second)
            refuse("expected each unit to be removed once, found it twice", unit);
        for (const std::string &needed : unit.needs) {
            const Unit other = *parseUnitId(needed);
            // Whatever contains the part will do.
            const auto &tensors = m_byLayer.at(other.layer);
            const auto within = std::ranges::find_if(tensors, [&](const Parameter *parameter) {
                return std::ranges::count(parameter->parts, other.kind) > 0;
            });
            if (within == tensors.end() || !goneFrom(other.layer, (*within)->parts, gone))
                refuse(fmt::format("expected {} to be removed with it, which reads its keys and values", needed), unit);
        }
        if (unit.from < 0)
            continue;
        auto &taken = entries[{unit.kind, unit.layer}];
        for (std::int64_t entry = unit.from; entry <= unit.to; ++entry)
            if (!taken.insert(entry).second)
                refuse(fmt::format("expected each entry to be removed once, found {} twice", entry), unit);
        const Axis &width = *axis(unit.kind, unit.layer);
        if (width.size - static_cast<std::int64_t>(taken.size()) < width.least)
            refuse(fmt::format("expected at least {} of the {} entries to stay, found {} removed", width.least,
                               width.size, taken.size()),
                   unit);
    }
}

Cut Inventory::cut(std::span<const Unit> units) const
{
    Cut cut;
    const PartsByLayer gone = partsOf(units);
    for (const auto &[layer, parts] : gone) {
        const auto tensors = m_byLayer.find(layer);
        if (tensors == m_byLayer.end())
            continue;
        for (const Parameter *parameter : tensors->second)
            if (std::ranges::all_of(parameter->layers, [&](int user) { return goneFrom(user, *parameter, gone); }))
                cut.tensors.insert(parameter->name);
        for (const Part &part : m_blueprint.parts)
            if (part.layer == layer && parts.contains(part.kind))
                for (const Slice &slice : part.slices)
                    if (!parts.contains(slice.stays))
                        add(cut, slice, {0});
    }
    for (const Unit &unit : units) {
        if (unit.kind == weightKind)
            cut.zeroed.insert(unit.id.substr(std::string_view("weight:").size()));
        else if (unit.from >= 0) {
            const std::vector<std::int64_t> stored = entries(unit);
            for (const Slice &slice : axis(unit.kind, unit.layer)->slices)
                add(cut, slice, stored);
        }
    }
    std::erase_if(cut.zeroed, [&](const std::string &tensor) { return cut.tensors.contains(tensor); });
    std::erase_if(cut.partial, [&](const auto &entry) {
        return cut.tensors.contains(entry.first) || !m_byName.contains(entry.first);
    });
    for (auto &[tensor, dimensions] : cut.partial)
        for (auto &[dimension, indices] : dimensions) {
            std::ranges::sort(indices);
            const auto repeated = std::ranges::unique(indices);
            indices.erase(repeated.begin(), repeated.end());
            const auto &shape = m_byName.at(tensor)->shape;
            if (static_cast<std::int64_t>(indices.size()) == shape.at(static_cast<std::size_t>(dimension)))
                cut.tensors.insert(tensor);
        }
    std::erase_if(cut.partial, [&](const auto &entry) { return cut.tensors.contains(entry.first); });
    return cut;
}

std::vector<double> Inventory::layerFlops(std::span<const Unit> units) const
{
    const Cut cut = this->cut(units);
    const PartsByLayer gone = partsOf(units);
    std::vector<double> flops(static_cast<std::size_t>(m_blueprint.layers()), 0.0);
    for (const Parameter &parameter : m_blueprint.parameters) {
        const auto partial = cut.partial.find(parameter.name);
        const std::int64_t lost = partial == cut.partial.end() ? 0 : elementsLost(parameter.shape, partial->second);
        const auto left = static_cast<double>(elements(parameter.shape) - lost);
        for (int layer : parameter.layers)
            if (!goneFrom(layer, parameter, gone))
                flops[static_cast<std::size_t>(layer)] += parameter.flops * left;
    }
    for (const Work &work : m_blueprint.work)
        if (!goneFrom(work.layer, work.parts, gone))
            flops[static_cast<std::size_t>(work.layer)] += work.flops;
    for (const Unit &unit : units)
        if (unit.from >= 0 && !gone.contains(unit.layer))
            flops[static_cast<std::size_t>(unit.layer)] -=
                axis(unit.kind, unit.layer)->flops * static_cast<double>(unit.to - unit.from + 1);
    return flops;
}

double Inventory::headFlops() const
{
    double flops = 0;
    for (const Parameter &parameter : m_blueprint.parameters)
        if (parameter.layers.empty())
            flops += parameter.flops * static_cast<double>(elements(parameter.shape));
    return flops;
}

} // namespace ecdysis::pruning
