// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"
#include "core/values/plan.h"
#include "core/values/unit.h"

/// \file
/// What removing units means for the tensors of a checkpoint. Counting, running a plan and exporting it all use this.
namespace ecdysis::pruning {

/// What goes of a tensor: indices by dimension, ascending.
using Indices = std::map<int, std::vector<std::int64_t>>;

/// What goes of a checkpoint.
struct Cut
{
    std::set<std::string> tensors;          ///< gone as a whole
    std::set<std::string> zeroed;           ///< weights of nothing but zeros: there, but without effect
    std::map<std::string, Indices> partial; ///< of the others
};

/// Elements that a tensor of this shape loses.
std::int64_t elementsLost(const std::vector<std::int64_t> &shape, const Indices &indices);

/// Indices that belong to one entry of an axis, in the dimension of the slice.
std::vector<std::int64_t> placesOf(const architectures::Slice &slice, std::int64_t entry);

/// A blueprint, indexed. Of a unit, `kind`, `layer`, `from` and `to` are read; of a weight, its id.
class Inventory
{
public:
    /// Keeps a reference to the blueprint. Units count the entries of widths by `orders`. Throws Exception{Mismatch}
    /// for an order of a width that is not there, is there twice, or does not name each entry once.
    explicit Inventory(const architectures::Blueprint &blueprint, std::vector<EntryOrder> orders = {});

    /// Every unit, without its parameters and bytes: the parts; each width in groups, or entry by entry where it has
    /// few or its entries are things by themselves; the prunable weights.
    std::vector<Unit> units() const;

    /// The unit of an id, which may be any range of a width. Throws Exception{Mismatch}, `where` being its place.
    Unit unit(const std::string &id, const std::string &where) const;

    /// The units of a plan's removals; see unit().
    std::vector<Unit> units(const Plan &plan, const std::string &where) const;

    /// Throws Exception{Mismatch} where units cannot go together: entries twice, too few entries left of a width, or
    /// a part gone that another needs.
    void check(std::span<const Unit> units, const std::string &where) const;

    /// Whether nothing is left of a part or a width of its layer once `units` are gone.
    bool isGone(const Unit &unit, std::span<const Unit> units) const;

    /// The entries of a unit's range as stored, ascending.
    std::vector<std::int64_t> entries(const Unit &unit) const;

    /// Everything that goes with all of `units`. A tensor that several layers share goes with the last of them.
    Cut cut(std::span<const Unit> units) const;

    /// FLOPs for a token that each layer takes without `units`.
    std::vector<double> layerFlops(std::span<const Unit> units = {}) const;
    double headFlops() const;

    /// Null where there is none.
    const architectures::Parameter *parameter(const std::string &name) const;
    /// Null where the layer has no such width.
    const architectures::Axis *axis(const std::string &kind, int layer) const;

private:
    Unit described(Unit unit) const;

    const architectures::Blueprint &m_blueprint;
    std::vector<EntryOrder> m_orders;
    std::map<std::string, const architectures::Parameter *> m_byName;
    std::map<int, std::vector<const architectures::Parameter *>> m_byLayer;
};

} // namespace ecdysis::pruning
