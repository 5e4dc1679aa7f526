// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <vector>

#include "core/layers/layer.h"

namespace ecdysis::layers {

/// A network that embeds tokens, goes through its layers, and normalises: all of ours.
class LayeredNetwork : public architectures::Network
{
public:
    struct Parts
    {
        at::Tensor embedding; ///< (vocabulary, channel)
        double embeddingScale = 1;
        at::Tensor metaTokens;         ///< (position, channel), before every sequence; undefined: none
        bool carriesEmbedding = false; ///< whether layers read the embedding as well
        std::vector<std::unique_ptr<const Layer>> layers; ///< null: one that was cut
        RmsNorm finalNorm;
        Linear head;
    };

    explicit LayeredNetwork(Parts parts) : m_parts(std::move(parts)) {}

    int layers() const override { return static_cast<int>(m_parts.layers.size()); }
    Stream embed(const at::Tensor &ids) const override;
    std::vector<Stream> layer(int index, const Stream &stream, std::span<const Removed> variants,
                              const Run &run) const override;
    std::vector<LayerState> begin(std::int64_t batch, std::span<const Removed> removed, const Run &run) const override;
    Stream embedNext(const at::Tensor &ids) const override;
    Stream resume(int index, const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                  const Run &run) const override;
    double graphBytesPerToken(int index) const override;
    at::Tensor atTokens(const at::Tensor &residual) const override;
    at::Tensor finalNorm(const at::Tensor &residual) const override { return apply(m_parts.finalNorm, residual); }
    const Linear &head() const override { return m_parts.head; }

private:
    at::Tensor embedded(const at::Tensor &ids) const;
    Stream stream(at::Tensor residual) const;

    Parts m_parts;
};

} // namespace ecdysis::layers
