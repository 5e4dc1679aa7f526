// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/prefix_store.h"

#include <utility>

namespace ecdysis::analysis {

namespace {

/// The smallest stride whose kept streams fit. The one entering layer 0 is the embedding, which costs nothing to redo.
int strideFor(int layers, std::int64_t streamBytes, std::int64_t limit)
{
    int stride = 1;
    while (stride < layers && (layers - 1) / stride * streamBytes > limit)
        ++stride;
    return stride;
}

std::int64_t tokensOf(const std::vector<at::Tensor> &batches)
{
    std::int64_t tokens = 0;
    for (const at::Tensor &ids : batches)
        tokens += ids.numel();
    return tokens;
}

} // namespace

PrefixStore::PrefixStore(const pruning::AppliedPlan &plan, const std::vector<at::Tensor> &batches, int layers,
                         std::int64_t bytesPerToken, std::int64_t bytes, std::function<void(int, std::size_t)> computed)
    : m_plan(plan), m_batches(batches), m_layers(layers),
      m_stride(strideFor(layers, tokensOf(batches) * bytesPerToken, bytes)), m_computed(std::move(computed))
{
}

void PrefixStore::offer(int layer, std::size_t batch, const architectures::Stream &stream)
{
    if (layer == 0 || layer >= m_layers || layer % m_stride != 0)
        return;
    auto &kept = m_kept[layer];
    kept.resize(m_batches.size());
    kept[batch] = stream;
}

architectures::Stream PrefixStore::at(int layer, std::size_t batch, const Run &run) const
{
    const int from = layer - layer % m_stride;
    architectures::Stream stream = from == 0 ? m_plan.network->embed(m_batches[batch]) : m_kept.at(from)[batch];
    for (int i = from; i < layer; ++i) {
        const auto &removed = m_plan.removed.at(static_cast<std::size_t>(i));
        stream = m_plan.network->layer(i, stream, {&removed, 1}, run).front();
        m_computed(i, batch);
    }
    return stream;
}

void PrefixStore::release(int layer)
{
    m_kept.erase(m_kept.lower_bound(layer), m_kept.end());
}

} // namespace ecdysis::analysis
