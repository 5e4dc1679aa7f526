// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <vector>

#include "core/architectures/network.h"
#include "core/layers/sequence.h"

namespace ecdysis::layers {

using architectures::Removed;
using architectures::Weights;

/// What adds to the residual stream: Mamba, attention, an MLP.
class Mixer
{
public:
    virtual ~Mixer() = default;

    /// The parts inside it that it can do without.
    virtual Removed parts() const { return {}; }

    /// residual + mixer(hidden) for each variant, (batch · time, channel) float32; hidden is the normalised residual.
    /// What the variants share is computed once.
    virtual std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                          std::span<const Removed> variants, const Run &run) const = 0;

    /// The same for positions after those that `state` remembers; see architectures::Network::resume().
    virtual at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece,
                               LayerState &state, const Removed &removed, const Run &run) const = 0;

    /// See architectures::Network::graphBytesPerToken(); norm not included.
    virtual double graphBytesPerToken() const = 0;
};

} // namespace ecdysis::layers
