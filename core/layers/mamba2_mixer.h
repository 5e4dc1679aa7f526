// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <limits>

#include "core/layers/convolution.h"
#include "core/layers/linear.h"
#include "core/layers/mixer_network.h"

namespace ecdysis::layers {

/// The mixer of Mamba-2 (Dao & Gu, arXiv 2405.21060): projection, convolution, state-space duality, gated norm,
/// projection. Without "ssm", the state space is the identity: y = x, then gate and norm.
class Mamba2Mixer : public Mixer
{
public:
    struct Parts
    {
        Linear input;            ///< (2 · inner + 2 · group · state + head, channel): z, x, B, C, dt
        Convolution convolution; ///< over x, B, C
        at::Tensor logA;         ///< (head)
        at::Tensor D;            ///< (head), or (inner)
        at::Tensor dtBias;       ///< (head)
        RmsNorm norm;            ///< weight (inner); undefined: gate only
        Linear output;           ///< (channel, inner)
        std::int64_t groups = 1;
        std::int64_t states = 0;
        std::int64_t normGroup = 0; ///< channels normalised together
        double dtMin = 0;
        double dtMax = std::numeric_limits<double>::infinity();
    };

    explicit Mamba2Mixer(Parts parts);

    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const architectures::Removed> variants, const Run &run) const override;
    at::Tensor addStep(const at::Tensor &residual, const at::Tensor &hidden, architectures::LayerState &state,
                       const architectures::Removed &removed) const override;
    double graphBytesPerToken() const override;

private:
    at::Tensor output(const at::Tensor &residual, const at::Tensor &y, const at::Tensor &z, const Run &run) const;

    Parts m_parts;
    std::int64_t m_inner;
    // The rows of `input` and the channels of the convolution that only the state space needs are apart, so that a
    // layer without it does not compute them.
    Linear m_gateAndX;
    Linear m_scanInput;
    Convolution m_convolutionX;
    Convolution m_convolutionBC;
};

} // namespace ecdysis::layers
