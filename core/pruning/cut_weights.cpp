// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/cut_weights.h"

#include <algorithm>

#include "core/torch.h"

namespace ecdysis::pruning {

using architectures::Weights;

namespace {

at::Tensor indexTensor(const std::vector<std::int64_t> &indices, const at::Tensor &like)
{
    return at::tensor(indices, at::kLong).to(like.device());
}

at::Tensor kept(const at::Tensor &tensor, int dimension, const std::vector<std::int64_t> &gone)
{
    std::vector<std::int64_t> stays;
    for (std::int64_t i = 0; i < tensor.size(dimension); ++i)
        if (!std::ranges::binary_search(gone, i))
            stays.push_back(i);
    return tensor.index_select(dimension, indexTensor(stays, tensor));
}

void zero(Weights &weights, const Cut &cut)
{
    for (const std::string &tensor : cut.zeroed)
        weights[tensor] = at::zeros_like(weights.at(tensor));
}

} // namespace

at::Tensor withoutIndices(const at::Tensor &tensor, const Indices &gone)
{
    at::Tensor left = tensor;
    for (const auto &[dimension, indices] : gone)
        left = kept(left, dimension, indices);
    return left;
}

at::Tensor intoWhole(const at::Tensor &whole, const at::Tensor &left, const Indices &gone)
{
    at::Tensor stays = at::ones(whole.sizes(), whole.options().dtype(at::kBool));
    for (const auto &[dimension, indices] : gone)
        stays = stays.index_fill(dimension, indexTensor(indices, stays), 0);
    return whole.masked_scatter(stays, left); // both in row-major order
}

Weights withoutCut(const Weights &weights, const Cut &cut)
{
    Weights result = weights;
    zero(result, cut);
    for (const std::string &tensor : cut.tensors)
        result.erase(tensor);
    for (const auto &[tensor, dimensions] : cut.partial)
        result[tensor] = withoutIndices(result.at(tensor), dimensions);
    return result;
}

Weights masked(const Weights &weights, const Cut &cut)
{
    Weights result = weights;
    zero(result, cut);
    for (const std::string &tensor : cut.tensors)
        result[tensor] = at::zeros_like(result.at(tensor));
    for (const auto &[tensor, dimensions] : cut.partial)
        for (const auto &[dimension, indices] : dimensions) {
            const at::Tensor &weight = result.at(tensor);
            result[tensor] = weight.index_fill(dimension, indexTensor(indices, weight), 0);
        }
    return result;
}

} // namespace ecdysis::pruning
