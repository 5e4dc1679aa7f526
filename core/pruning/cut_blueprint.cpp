// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/cut_blueprint.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/pruning/gone_parts.h"
#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Parameter;
using architectures::Part;
using architectures::Slice;
using architectures::Work;

namespace {

using Places = std::vector<std::int64_t>;

/// Entries of a width that are left, ascending.
Places entriesLeft(const Axis &axis, std::span<const Unit> units)
{
    Places left(static_cast<std::size_t>(axis.size));
    std::iota(left.begin(), left.end(), 0);
    for (const Unit &unit : units)
        if (unit.kind == axis.kind && unit.layer == axis.layer)
            std::erase_if(left, [&](std::int64_t entry) { return entry >= unit.from && entry <= unit.to; });
    return left;
}

/// The slice that gives each entry these places, if they lie as regularly as a slice can say.
std::optional<Slice> fitted(const Slice &old, const std::vector<Places> &places)
{
    const Places &first = places.front();
    Slice slice = old;
    slice.start = first.front();
    slice.width = 1;
    while (static_cast<std::size_t>(slice.width) < first.size() &&
           first[static_cast<std::size_t>(slice.width)] == first.front() + slice.width)
        ++slice.width;
    slice.repeat = static_cast<std::int64_t>(first.size()) / slice.width;
    slice.repeatStep = slice.repeat > 1 ? first[static_cast<std::size_t>(slice.width)] - first.front() : 0;
    slice.step = places.size() > 1 && !places[1].empty() ? places[1].front() - first.front() : slice.width;
    for (std::size_t entry = 0; entry < places.size(); ++entry)
        if (placesOf(slice, static_cast<std::int64_t>(entry)) != places[entry])
            return std::nullopt;
    return slice;
}

/// One slice for each run of places of each entry.
std::vector<Slice> piecewise(const Slice &old, const std::vector<Places> &places)
{
    std::vector<Slice> slices;
    for (std::size_t entry = 0; entry < places.size(); ++entry)
        for (std::int64_t place : places[entry]) {
            Slice *last = slices.empty() ? nullptr : &slices.back();
            if (last && last->only == static_cast<std::int64_t>(entry) && last->start + last->width == place) {
                ++last->width;
                continue;
            }
            slices.push_back({.tensor = old.tensor,
                              .dimension = old.dimension,
                              .start = place,
                              .stays = old.stays,
                              .only = static_cast<std::int64_t>(entry)});
        }
    return slices;
}

/// What one cut makes of the values of a blueprint.
class Cutter
{
public:
    Cutter(const Blueprint &blueprint, std::span<const Unit> units)
        : m_blueprint(blueprint), m_units(units), m_inventory(blueprint), m_cut(m_inventory.cut(units)),
          m_gone(partsOf(units))
    {
    }

    std::optional<Parameter> parameter(Parameter parameter) const
    {
        if (m_cut.tensors.contains(parameter.name))
            return std::nullopt;
        if (const auto partial = m_cut.partial.find(parameter.name); partial != m_cut.partial.end())
            for (const auto &[dimension, indices] : partial->second)
                parameter.shape[static_cast<std::size_t>(dimension)] -= static_cast<std::int64_t>(indices.size());
        const int layer = parameter.layer();
        std::erase_if(parameter.layers, [&](int user) { return goneFrom(user, parameter, m_gone); });
        if (isGone(layer, parameter.stays)) { // needed for good
            parameter.parts.pop_back();
            parameter.stays.clear();
        }
        return parameter;
    }

    std::optional<Part> part(Part part) const
    {
        if (isGone(part.layer, part.kind) || isVacuous(part) || isNeeded(part))
            return std::nullopt;
        part.slices = moved(part.slices, {0});
        std::erase_if(part.slices, [&](const Slice &slice) { return isGone(part.layer, slice.stays); });
        std::erase_if(part.needs, [&](const std::string &need) {
            const Unit other = *parseUnitId(need);
            return isGone(other.layer, other.kind) || isVacuous({.kind = other.kind, .layer = other.layer});
        });
        return part;
    }

    std::optional<Axis> axis(Axis axis) const
    {
        const Places left = entriesLeft(axis, m_units);
        axis.slices = moved(axis.slices, left);
        axis.size = static_cast<std::int64_t>(left.size());
        return axis.slices.empty() || left.empty() ? std::nullopt : std::optional(axis);
    }

    bool has(const Work &work) const { return !goneFrom(work.layer, work.parts, m_gone); }

    /// What entries that are gone took beside the elements that go; it goes with any part of the layer.
    std::vector<Work> lessWork() const
    {
        std::vector<Work> work;
        for (const Unit &unit : m_units)
            if (unit.from >= 0 && !m_gone.contains(unit.layer))
                work.push_back({.layer = unit.layer,
                                .parts = partsAt(unit.layer),
                                .flops = -m_inventory.axis(unit.kind, unit.layer)->flops *
                                         static_cast<double>(unit.to - unit.from + 1)});
        return work;
    }

private:
    bool isGone(int layer, const std::string &part) const
    {
        const auto found = m_gone.find(layer);
        return !part.empty() && found != m_gone.end() && found->second.contains(part);
    }

    /// Whether nothing is left that would go with a part.
    bool isVacuous(const Part &part) const
    {
        bool had = false;
        for (const Parameter &parameter : m_blueprint.parameters)
            if (std::ranges::count(parameter.layers, part.layer) > 0 &&
                std::ranges::count(parameter.parts, part.kind) > 0) {
                if (!goneFrom(part.layer, parameter, m_gone) && !m_cut.tensors.contains(parameter.name))
                    return false;
                had = true;
            }
        return had && moved(part.slices, {0}).empty();
    }

    /// Whether something that is gone would be needed without the part: it can no longer go.
    bool isNeeded(const Part &part) const
    {
        const auto standsIn = [&](const std::string &stays, const std::string &with) {
            return stays == part.kind && isGone(part.layer, with);
        };
        return std::ranges::any_of(m_blueprint.parameters, [&](const Parameter &parameter) {
            return parameter.layer() == part.layer && !parameter.parts.empty() &&
                   standsIn(parameter.stays, parameter.parts.back());
        });
    }

    /// The slices where their places have come to, for the entries that are left; without those that are gone.
    std::vector<Slice> moved(const std::vector<Slice> &slices, const Places &entries) const
    {
        std::vector<Slice> result;
        for (const Slice &slice : slices) {
            if (!m_inventory.parameter(slice.tensor) || m_cut.tensors.contains(slice.tensor))
                continue;
            std::vector<Places> places;
            for (std::int64_t entry : entries)
                places.push_back(moved(slice, placesOf(slice, entry)));
            const auto isEmpty = [](const Places &ofEntry) { return ofEntry.empty(); };
            if (std::ranges::all_of(places, isEmpty))
                continue;
            const auto regular = std::ranges::any_of(places, isEmpty) ? std::nullopt : fitted(slice, places);
            if (regular)
                result.push_back(*regular);
            else
                std::ranges::copy(piecewise(slice, places), std::back_inserter(result));
        }
        return result;
    }

    Places moved(const Slice &slice, const Places &places) const
    {
        const auto partial = m_cut.partial.find(slice.tensor);
        if (partial == m_cut.partial.end() || !partial->second.contains(slice.dimension))
            return places;
        const auto &gone = partial->second.at(slice.dimension);
        Places result;
        for (std::int64_t place : places) {
            const auto before = std::ranges::lower_bound(gone, place);
            if (before == gone.end() || *before != place)
                result.push_back(place - (before - gone.begin()));
        }
        return result;
    }

    std::vector<std::string> partsAt(int layer) const
    {
        std::vector<std::string> kinds;
        for (const Part &part : m_blueprint.parts)
            if (part.layer == layer)
                kinds.push_back(part.kind);
        return kinds;
    }

    const Blueprint &m_blueprint;
    std::span<const Unit> m_units;
    Inventory m_inventory;
    Cut m_cut;
    PartsByLayer m_gone;
};

} // namespace

Blueprint blueprintWithout(const Blueprint &blueprint, std::span<const Unit> units)
{
    const Cutter cutter(blueprint, units);
    Blueprint left = blueprint;
    left.parameters.clear();
    for (const Parameter &parameter : blueprint.parameters)
        if (auto remaining = cutter.parameter(parameter))
            left.parameters.push_back(std::move(*remaining));
    left.parts.clear();
    for (const Part &part : blueprint.parts)
        if (auto remaining = cutter.part(part))
            left.parts.push_back(std::move(*remaining));
    left.axes.clear();
    for (const Axis &axis : blueprint.axes)
        if (auto remaining = cutter.axis(axis))
            left.axes.push_back(std::move(*remaining));
    std::erase_if(left.work, [&](const Work &work) { return !cutter.has(work); });
    std::ranges::copy(cutter.lessWork(), std::back_inserter(left.work));
    return left;
}

std::vector<Unit> inTermsOfWhole(const Blueprint &whole, std::span<const Unit> gone, std::span<const Unit> units)
{
    std::vector<Unit> result;
    for (const Unit &unit : units) {
        if (unit.from < 0) {
            result.push_back(unit);
            continue;
        }
        const auto axis = std::ranges::find_if(whole.axes, [&](const Axis &candidate) {
            return candidate.kind == unit.kind && candidate.layer == unit.layer;
        });
        const Places entries = entriesLeft(*axis, gone);
        for (std::int64_t entry = unit.from; entry <= unit.to; ++entry) {
            const std::int64_t number = entries.at(static_cast<std::size_t>(entry));
            Unit *last = result.empty() ? nullptr : &result.back();
            if (entry > unit.from && last && last->to + 1 == number) {
                last->to = number;
                last->id = unitId(unit.kind, unit.layer, last->from, number);
                continue;
            }
            Unit piece = unit;
            piece.from = piece.to = number;
            piece.id = unitId(unit.kind, unit.layer, number, number);
            result.push_back(std::move(piece));
        }
    }
    return result;
}

} // namespace ecdysis::pruning
