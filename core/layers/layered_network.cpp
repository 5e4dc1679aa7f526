// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/layered_network.h"

#include <algorithm>

#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

at::Tensor LayeredNetwork::embedded(const at::Tensor &ids) const
{
    const at::Tensor rows = at::embedding(m_parts.embedding, ids.to(m_parts.embedding.device())).to(at::kFloat);
    return m_parts.embeddingScale == 1 ? rows : rows * m_parts.embeddingScale;
}

Stream LayeredNetwork::stream(at::Tensor residual) const
{
    if (m_parts.carriesEmbedding)
        return {residual, {residual}};
    return {std::move(residual), {}};
}

Stream LayeredNetwork::embed(const at::Tensor &ids) const
{
    const at::Tensor tokens = embedded(ids);
    if (!m_parts.metaTokens.defined())
        return stream(tokens);
    const at::Tensor meta = m_parts.metaTokens.to(at::kFloat).unsqueeze(0).expand({ids.size(0), -1, -1});
    return stream(at::cat({meta, tokens}, 1));
}

std::vector<Stream> LayeredNetwork::layer(int index, const Stream &stream, std::span<const Removed> variants,
                                          const Run &run) const
{
    throwIfStopped(run);
    const auto &layer = m_parts.layers.at(static_cast<std::size_t>(index));
    std::vector<Removed> wanted;
    for (const Removed &variant : variants)
        if (layer && !variant.contains("block"))
            wanted.push_back(variant);
    if (wanted.empty())
        return std::vector<Stream>(variants.size(), stream);
    std::vector<Stream> computed = layer->apply(stream, wanted, run);
    std::vector<Stream> results;
    auto next = computed.begin();
    for (const Removed &variant : variants)
        results.push_back(variant.contains("block") ? stream : std::move(*next++));
    return results;
}

std::vector<LayerState> LayeredNetwork::begin(std::int64_t batch, std::span<const Removed> removed,
                                              const Run &run) const
{
    std::vector<LayerState> states(m_parts.layers.size());
    if (!m_parts.metaTokens.defined())
        return states;
    Stream meta = stream(m_parts.metaTokens.to(at::kFloat).unsqueeze(0).repeat({batch, 1, 1}));
    for (std::size_t layer = 0; layer < states.size(); ++layer)
        meta = resume(static_cast<int>(layer), meta, {}, states[layer], removed[layer], run);
    return states;
}

Stream LayeredNetwork::embedNext(const at::Tensor &ids) const
{
    return stream(embedded(ids));
}

Stream LayeredNetwork::resume(int index, const Stream &stream, const at::Tensor &lengths, LayerState &state,
                              const Removed &removed, const Run &run) const
{
    throwIfStopped(run);
    const auto &layer = m_parts.layers.at(static_cast<std::size_t>(index));
    if (!layer || removed.contains("block"))
        return stream;
    const at::NoGradGuard noGradients;
    return layer->resume(stream, lengths, state, removed, run);
}

double LayeredNetwork::graphBytesPerToken(int index) const
{
    const auto &layer = m_parts.layers.at(static_cast<std::size_t>(index));
    return layer ? layer->graphBytesPerToken() : 0;
}

at::Tensor LayeredNetwork::atTokens(const at::Tensor &residual) const
{
    const std::int64_t meta = m_parts.metaTokens.defined() ? m_parts.metaTokens.size(0) : 0;
    return meta == 0 ? residual : residual.narrow(1, meta, residual.size(1) - meta);
}

} // namespace ecdysis::layers
