// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/element_sums.h"

#include <algorithm>
#include <set>

#include "core/pruning/inventory.h"
#include "core/torch.h"

namespace ecdysis::analysis {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Slice;
using scores::ElementScores;
using scores::Place;

namespace {

const Axis *axisAt(const Blueprint &blueprint, const Place &place)
{
    const auto found = std::ranges::find_if(
        blueprint.axes, [&](const Axis &axis) { return axis.kind == place.kind && axis.layer == place.layer; });
    return found == blueprint.axes.end() ? nullptr : &*found;
}

pruning::Cut cutOf(const pruning::Inventory &inventory, const Place &part)
{
    const Unit unit = inventory.unit(unitId(part.kind, part.layer), "");
    return inventory.cut({&unit, 1});
}

/// The sum over what goes of a tensor: all of it without what stays.
double sumOfGone(const at::Tensor &scores, const pruning::Indices &gone)
{
    at::Tensor stays = scores;
    for (const auto &[dimension, indices] : gone) {
        at::Tensor kept = at::ones({scores.size(dimension)}, at::kBool);
        kept.index_fill_(0, at::tensor(indices, at::kLong), 0);
        stays = stays.index_select(dimension, kept.nonzero().squeeze(1));
    }
    return (scores.sum(at::kDouble) - stays.sum(at::kDouble)).item<double>();
}

at::Tensor sumOfPart(const pruning::Cut &cut, const ElementScores &score)
{
    double sum = 0;
    for (const std::string &tensor : cut.tensors)
        sum += score(tensor).sum(at::kDouble).item<double>();
    for (const auto &[tensor, gone] : cut.partial)
        sum += sumOfGone(score(tensor), gone);
    return at::full({1}, sum, at::kDouble);
}

/// Indices along its dimension that a slice gives to each of `entries`: (entry, index).
at::Tensor indicesOf(const Slice &slice, std::int64_t entries)
{
    const auto counted = [](std::int64_t count, std::int64_t step) { return at::arange(count, at::kLong) * step; };
    const at::Tensor places = counted(entries, slice.step).view({-1, 1, 1}) +
                              counted(slice.repeat, slice.repeatStep).view({1, -1, 1}) +
                              counted(slice.width, 1).view({1, 1, -1});
    return places.flatten(1) + slice.start;
}

/// Adds to the sum of each entry what a slice takes of a tensor.
void addSlice(at::Tensor &sums, const Slice &slice, const at::Tensor &scores)
{
    std::vector<std::int64_t> others;
    for (std::int64_t dimension = 0; dimension < scores.dim(); ++dimension)
        if (dimension != slice.dimension)
            others.push_back(dimension);
    const at::Tensor along = others.empty() ? scores.to(at::kDouble) : scores.sum(others, false, at::kDouble);
    const at::Tensor places = indicesOf(slice, slice.only >= 0 ? 1 : sums.size(0));
    const at::Tensor taken = along.index_select(0, places.flatten()).view(places.sizes()).sum(1);
    (slice.only >= 0 ? sums.narrow(0, slice.only, 1) : sums).add_(taken);
}

at::Tensor sumsOfEntries(const pruning::Inventory &inventory, const Axis &axis, const ElementScores &score)
{
    at::Tensor sums = at::zeros({axis.size}, at::kDouble);
    for (const Slice &slice : axis.slices)
        if (inventory.parameter(slice.tensor))
            addSlice(sums, slice, score(slice.tensor));
    return sums;
}

} // namespace

std::vector<std::string> parametersOf(const Blueprint &blueprint, std::span<const Place> places)
{
    const pruning::Inventory inventory(blueprint);
    std::set<std::string> names;
    for (const Place &place : places) {
        if (const Axis *axis = axisAt(blueprint, place)) {
            for (const Slice &slice : axis->slices)
                if (inventory.parameter(slice.tensor))
                    names.insert(slice.tensor);
            continue;
        }
        const pruning::Cut cut = cutOf(inventory, place);
        names.insert(cut.tensors.begin(), cut.tensors.end());
        for (const auto &[tensor, gone] : cut.partial)
            names.insert(tensor);
    }
    return {names.begin(), names.end()};
}

scores::UnitScores sumsOfElements(const Blueprint &blueprint, ElementScores score)
{
    return [&blueprint, inventory = pruning::Inventory(blueprint), score = std::move(score)](const Place &place) {
        if (const Axis *axis = axisAt(blueprint, place))
            return sumsOfEntries(inventory, *axis, score);
        return sumOfPart(cutOf(inventory, place), score);
    };
}

} // namespace ecdysis::analysis
