// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/reduced_network.h"

namespace ecdysis::layers {

Removed ReducedNetwork::with(int index, Removed removed) const
{
    const Removed &gone = m_gone.at(static_cast<std::size_t>(index));
    removed.insert(gone.begin(), gone.end());
    return removed;
}

std::vector<Stream> ReducedNetwork::layer(int index, const Stream &stream, std::span<const Removed> variants,
                                          const Run &run) const
{
    std::vector<Removed> all;
    for (const Removed &variant : variants)
        all.push_back(with(index, variant));
    return m_whole->layer(index, stream, all, run);
}

std::vector<LayerState> ReducedNetwork::begin(std::int64_t batch, std::span<const Removed> removed,
                                              const Run &run) const
{
    std::vector<Removed> all;
    for (std::size_t index = 0; index < removed.size(); ++index)
        all.push_back(with(static_cast<int>(index), removed[index]));
    return m_whole->begin(batch, all, run);
}

Stream ReducedNetwork::resume(int index, const Stream &stream, const at::Tensor &lengths, LayerState &state,
                              const Removed &removed, const Run &run) const
{
    return m_whole->resume(index, stream, lengths, state, with(index, removed), run);
}

} // namespace ecdysis::layers
