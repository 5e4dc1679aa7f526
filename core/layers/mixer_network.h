// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/architectures/architecture.h"
#include "core/layers/norm.h"
#include "core/layers/sequence.h"

namespace ecdysis::layers {

/// The inner part of a layer: hidden → what is added to the residual stream.
class Mixer
{
public:
    virtual ~Mixer() = default;

    /// residual + mixer(hidden) for each variant, (batch · time, channel) float32; hidden is the normalised residual.
    /// What the variants share is computed once.
    virtual std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                          std::span<const architectures::Removed> variants, const Run &run) const = 0;

    /// One token a row; see architectures::Network::step().
    virtual at::Tensor addStep(const at::Tensor &residual, const at::Tensor &hidden, architectures::LayerState &state,
                               const architectures::Removed &removed) const = 0;

    /// See architectures::Network::graphBytesPerToken(); norm not included.
    virtual double graphBytesPerToken() const = 0;
};

struct MixerLayer
{
    RmsNorm norm;
    std::unique_ptr<const Mixer> mixer;
};

/// A network whose layers are all residual + mixer(norm(residual)): Mamba and Mamba-2.
class MixerNetwork : public architectures::Network
{
public:
    MixerNetwork(at::Tensor embedding, std::vector<MixerLayer> layers, RmsNorm finalNorm, at::Tensor head);

    int layers() const override { return static_cast<int>(m_layers.size()); }
    at::Tensor embed(const at::Tensor &ids) const override;
    std::vector<at::Tensor> layer(int index, const at::Tensor &residual,
                                  std::span<const architectures::Removed> variants, const Run &run) const override;
    at::Tensor step(int index, const at::Tensor &residual, architectures::LayerState &state,
                    const architectures::Removed &removed) const override;
    double graphBytesPerToken(int index) const override;
    at::Tensor finalNorm(const at::Tensor &residual) const override { return apply(m_finalNorm, residual); }
    at::Tensor head() const override { return m_head; }

private:
    at::Tensor m_embedding;
    std::vector<MixerLayer> m_layers;
    RmsNorm m_finalNorm;
    at::Tensor m_head;
};

} // namespace ecdysis::layers
