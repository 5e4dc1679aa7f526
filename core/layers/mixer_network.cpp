// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/mixer_network.h"

#include <algorithm>

#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

bool isGone(const architectures::Removed &removed)
{
    return removed.contains("block");
}

/// The variants that need the mixer, each once.
std::vector<architectures::Removed> distinct(std::span<const architectures::Removed> variants)
{
    std::vector<architectures::Removed> result;
    for (const auto &variant : variants)
        if (!isGone(variant) && std::ranges::find(result, variant) == result.end())
            result.push_back(variant);
    return result;
}

} // namespace

MixerNetwork::MixerNetwork(at::Tensor embedding, std::vector<MixerLayer> layers, RmsNorm finalNorm, at::Tensor head)
    : m_embedding(std::move(embedding)), m_layers(std::move(layers)), m_finalNorm(std::move(finalNorm)),
      m_head(std::move(head))
{
}

at::Tensor MixerNetwork::embed(const at::Tensor &ids) const
{
    return at::embedding(m_embedding, ids.to(m_embedding.device())).to(at::kFloat);
}

std::vector<at::Tensor> MixerNetwork::layer(int index, const at::Tensor &residual,
                                            std::span<const architectures::Removed> variants, const Run &run) const
{
    throwIfStopped(run);
    const std::vector<architectures::Removed> wanted = distinct(variants);
    std::vector<at::Tensor> computed;
    if (!wanted.empty()) {
        const MixerLayer &layer = m_layers.at(static_cast<std::size_t>(index));
        const at::Tensor rows = residual.flatten(0, 1);
        computed = layer.mixer->addTo(rows, apply(layer.norm, rows), {residual.size(0), residual.size(1)}, wanted, run);
    }
    std::vector<at::Tensor> results;
    for (const auto &variant : variants) {
        const auto found = std::ranges::find(wanted, variant);
        results.push_back(found == wanted.end()
                              ? residual
                              : computed[static_cast<std::size_t>(found - wanted.begin())].view(residual.sizes()));
    }
    return results;
}

at::Tensor MixerNetwork::step(int index, const at::Tensor &residual, architectures::LayerState &state,
                              const architectures::Removed &removed) const
{
    if (isGone(removed))
        return residual;
    const at::NoGradGuard noGradients;
    const MixerLayer &layer = m_layers.at(static_cast<std::size_t>(index));
    const at::Tensor rows = residual.flatten(0, 1);
    return layer.mixer->addStep(rows, apply(layer.norm, rows), state, removed).view(residual.sizes());
}

double MixerNetwork::graphBytesPerToken(int index) const
{
    const double norm = 4.0 * 4.0 * static_cast<double>(m_embedding.size(1));
    return norm + m_layers.at(static_cast<std::size_t>(index)).mixer->graphBytesPerToken();
}

} // namespace ecdysis::layers
