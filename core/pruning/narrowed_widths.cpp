// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/narrowed_widths.h"

#include <algorithm>
#include <map>

#include "core/pruning/inventory.h"

namespace ecdysis::pruning {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Parameter;

namespace {

using Shape = std::vector<std::int64_t>;

/// The only width that Mamba-Shedder makes smaller.
constexpr const char *narrowedKind = "mlp_channels";

/// The shape in which a parameter is stored, under whatever name; null: it is not.
const Shape *storedShape(const Parameter &parameter, const io::Checkpoint &checkpoint)
{
    const TensorInfo *info = checkpoint.find(parameter.name);
    for (const std::string &other : parameter.otherNames)
        info = info ? info : checkpoint.find(other);
    return info ? &info->shape : nullptr;
}

/// Indices that one entry has in a dimension of each tensor of a width. (Slices may name tensors that a model of other
/// options has.)
std::map<std::pair<std::string, int>, std::int64_t> indicesOfEntry(const Axis &axis, const Inventory &inventory)
{
    std::map<std::pair<std::string, int>, std::int64_t> indices;
    for (const architectures::Slice &slice : axis.slices)
        if (inventory.parameter(slice.tensor))
            indices[{slice.tensor, slice.dimension}] += slice.width * slice.repeat;
    return indices;
}

/// The entries that are left, going by one tensor; those of the config where it says nothing of the kind.
std::int64_t entriesLeft(const Axis &axis, const Parameter &parameter, int dimension, std::int64_t indices,
                         const Shape *stored)
{
    const auto place = static_cast<std::size_t>(dimension);
    if (!stored || stored->size() != parameter.shape.size())
        return axis.size;
    const std::int64_t lost = parameter.shape[place] - (*stored)[place];
    return lost > 0 && lost % indices == 0 ? axis.size - lost / indices : axis.size;
}

/// The shapes that the tensors of a width have with so many entries left, by name.
std::map<std::string, Shape> shapesWith(const Axis &axis, const Inventory &inventory, std::int64_t left)
{
    std::map<std::string, Shape> shapes;
    for (const auto &[where, indices] : indicesOfEntry(axis, inventory)) {
        Shape &shape = shapes.try_emplace(where.first, inventory.parameter(where.first)->shape).first->second;
        shape[static_cast<std::size_t>(where.second)] -= indices * (axis.size - left);
    }
    return shapes;
}

/// How many entries of a width the checkpoint has.
std::int64_t entriesStored(const Axis &axis, const Inventory &inventory, const io::Checkpoint &checkpoint)
{
    const auto all = indicesOfEntry(axis, inventory);
    if (all.empty())
        return axis.size;
    const auto &[where, indices] = *all.begin();
    const Parameter &first = *inventory.parameter(where.first);
    const std::int64_t left = entriesLeft(axis, first, where.second, indices, storedShape(first, checkpoint));
    for (const auto &[name, shape] : shapesWith(axis, inventory, left)) {
        const Shape *stored = storedShape(*inventory.parameter(name), checkpoint);
        if (!stored || *stored != shape)
            return axis.size;
    }
    return left;
}

} // namespace

std::vector<Unit> narrowedWidths(const Blueprint &blueprint, const io::Checkpoint &checkpoint)
{
    std::vector<Unit> narrowed;
    const Inventory inventory(blueprint);
    for (const Axis &axis : blueprint.axes) {
        if (axis.kind != narrowedKind)
            continue;
        const std::int64_t left = entriesStored(axis, inventory, checkpoint);
        if (left < axis.size && left >= axis.least)
            narrowed.push_back(inventory.unit(unitId(axis.kind, axis.layer, left, axis.size - 1), "checkpoint"));
    }
    return narrowed;
}

} // namespace ecdysis::pruning
