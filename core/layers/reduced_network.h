// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/architectures/network.h"

namespace ecdysis::layers {

using architectures::Network;
using architectures::Removed;
using architectures::Stream;

/// A network some parts of which are gone for good although its weights do not show it: the attention of one layer of
/// several that share its weights, a state space whose files were only marked.
class ReducedNetwork : public Network
{
public:
    /// `gone`: parts, one set a layer.
    ReducedNetwork(std::unique_ptr<const Network> whole, std::vector<Removed> gone)
        : m_whole(std::move(whole)), m_gone(std::move(gone))
    {
    }

    int layers() const override { return m_whole->layers(); }
    Stream embed(const at::Tensor &ids) const override { return m_whole->embed(ids); }
    std::vector<Stream> layer(int index, const Stream &stream, std::span<const Removed> variants,
                              const Run &run) const override;
    std::vector<LayerState> begin(std::int64_t batch, std::span<const Removed> removed, const Run &run) const override;
    Stream embedNext(const at::Tensor &ids) const override { return m_whole->embedNext(ids); }
    Stream resume(int index, const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                  const Run &run) const override;
    double graphBytesPerToken(int index) const override { return m_whole->graphBytesPerToken(index); }
    at::Tensor atTokens(const at::Tensor &residual) const override { return m_whole->atTokens(residual); }
    at::Tensor finalNorm(const at::Tensor &residual) const override { return m_whole->finalNorm(residual); }
    const Linear &head() const override { return m_whole->head(); }

private:
    Removed with(int index, Removed removed) const;

    std::unique_ptr<const Network> m_whole;
    std::vector<Removed> m_gone;
};

} // namespace ecdysis::layers
