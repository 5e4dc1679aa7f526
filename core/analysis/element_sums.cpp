// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/element_sums.h"

#include <algorithm>
#include <set>

#include "core/pruning/entry_indices.h"
#include "core/pruning/inventory.h"
#include "core/torch.h"

namespace ecdysis::analysis {

using architectures::Axis;
using architectures::Blueprint;
using architectures::Slice;
using scores::ElementScores;
using scores::Place;

namespace {

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

/// Adds to the sum of each entry what a slice takes of a tensor.
void addSlice(at::Tensor &sums, const Slice &slice, const at::Tensor &scores)
{
    const at::Tensor along = pruning::sumAlong(scores, slice.dimension);
    const at::Tensor indices = pruning::entryIndices(slice, slice.only >= 0 ? 1 : sums.size(0));
    const at::Tensor taken = along.index_select(0, indices.flatten()).view(indices.sizes()).sum(1);
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
        if (const Axis *axis = inventory.axis(place.kind, place.layer)) {
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
    return [inventory = pruning::Inventory(blueprint), score = std::move(score)](const Place &place) {
        if (const Axis *axis = inventory.axis(place.kind, place.layer))
            return sumsOfEntries(inventory, *axis, score);
        return sumOfPart(cutOf(inventory, place), score);
    };
}

} // namespace ecdysis::analysis
