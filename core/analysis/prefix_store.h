// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/pruning/applied_plan.h"
#include "core/values/run.h"

namespace ecdysis::analysis {

/// The residual streams of a model under a plan entering its layers, for every batch: as many as fit into a limit are
/// kept, those of layers that are multiples of a stride; the others are computed again from the nearest kept one below,
/// or from the embedding. Whatever is kept, at() gives the same bits.
class PrefixStore
{
public:
    /// `layers`: streams entering layers 0 … layers - 1 will be asked for. `batches`: int64 (window, token).
    /// `bytesPerToken` is what a stream takes, `bytes` the limit. `computed` hears of each layer passed for a batch.
    PrefixStore(const pruning::AppliedPlan &plan, const std::vector<at::Tensor> &batches, int layers,
                std::int64_t bytesPerToken, std::int64_t bytes,
                std::function<void(int layer, std::size_t batch)> computed);

    /// The distance of kept streams; above the last layer asked for when none is kept.
    int stride() const { return m_stride; }
    /// Layers that at() will compute again to give the stream entering `layer`, for each batch.
    int recomputed(int layer) const { return layer % m_stride; }

    /// Keeps the stream if it is one of those to be kept.
    void offer(int layer, std::size_t batch, const architectures::Stream &stream);
    /// The stream entering `layer`. Requires: the kept ones have been offered.
    architectures::Stream at(int layer, std::size_t batch, const Run &run) const;
    /// Frees what only streams entering `layer` or later need.
    void release(int layer);

private:
    const pruning::AppliedPlan &m_plan;
    const std::vector<at::Tensor> &m_batches;
    int m_layers;
    int m_stride;
    std::function<void(int, std::size_t)> m_computed;
    std::map<int, std::vector<architectures::Stream>> m_kept;
};

} // namespace ecdysis::analysis
