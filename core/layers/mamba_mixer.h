// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/layers/convolution.h"
#include "core/layers/linear.h"
#include "core/layers/mixer_network.h"

namespace ecdysis::layers {

/// The mixer of Mamba (Gu & Dao, arXiv 2312.00752): projection, convolution, selective scan with gate, projection.
/// Without "ssm", the scan is the identity: y = x · silu(z).
class MambaMixer : public Mixer
{
public:
    struct Parts
    {
        Linear input; ///< (2 · inner, channel): x, then z
        Convolution convolution;
        Linear scanInput; ///< (rank + 2 · state, inner): dt, B, C; no bias
        Linear step;      ///< (inner, rank); its bias goes into the scan
        at::Tensor logA;  ///< (inner, state)
        at::Tensor D;     ///< (inner)
        Linear output;    ///< (channel, inner)
    };

    explicit MambaMixer(Parts parts) : m_parts(std::move(parts)) {}

    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const architectures::Removed> variants, const Run &run) const override;
    at::Tensor addStep(const at::Tensor &residual, const at::Tensor &hidden, architectures::LayerState &state,
                       const architectures::Removed &removed) const override;
    double graphBytesPerToken() const override;

private:
    at::Tensor output(const at::Tensor &residual, const at::Tensor &y, const Run &run) const;

    Parts m_parts;
};

} // namespace ecdysis::layers
