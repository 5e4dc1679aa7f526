// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/entry_indices.h"

#include "core/torch.h"

namespace ecdysis::pruning {

at::Tensor entryIndices(const architectures::Slice &slice, std::int64_t entries)
{
    const auto counted = [](std::int64_t count, std::int64_t step) { return at::arange(count, at::kLong) * step; };
    const at::Tensor indices = counted(entries, slice.step).view({-1, 1, 1}) +
                               counted(slice.repeat, slice.repeatStep).view({1, -1, 1}) +
                               counted(slice.width, 1).view({1, 1, -1});
    return indices.flatten(1) + slice.start;
}

at::Tensor sumAlong(const at::Tensor &numbers, int dimension)
{
    return numbers.movedim(dimension, 0).reshape({numbers.size(dimension), -1}).sum(1, false, at::kDouble);
}

at::Tensor meanAlong(const at::Tensor &numbers, int dimension)
{
    return sumAlong(numbers, dimension) *
           (static_cast<double>(numbers.size(dimension)) / static_cast<double>(numbers.numel()));
}

} // namespace ecdysis::pruning
