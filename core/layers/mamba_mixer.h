// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/architectures/remains.h"
#include "core/io/config.h"
#include "core/layers/convolution.h"
#include "core/layers/mixer.h"
#include "core/layers/section.h"
#include "core/layers/selective_ssm.h"

namespace ecdysis::layers {

/// The mixer of Mamba (Gu & Dao, arXiv 2312.00752): projection, convolution, selective scan with gate, projection.
/// Parts as in layers/skip.h.
class MambaMixer : public Mixer
{
public:
    struct Parts
    {
        Linear input; ///< (2 · inner, channel): x, then z
        Convolution convolution;
        SelectiveSsm ssm;
        Linear output; ///< (channel, inner)
    };

    explicit MambaMixer(Parts parts) : m_parts(std::move(parts)) {}

    Removed parts() const override { return {"recurrence", "ssm"}; }
    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    Parts m_parts;
};

/// Norms of dt, B and C.
enum class InnerNorms {
    None,
    Plain,    ///< without weights: Falcon-Mamba
    Weighted, ///< Jamba
};

struct MambaShape
{
    std::int64_t channels = 0;
    std::int64_t inner = 0;
    std::int64_t states = 16;
    std::int64_t rank = 0;
    std::int64_t taps = 4;
    bool bias = false; ///< of both projections
    bool convolutionBias = true;
    InnerNorms innerNorms = InnerNorms::None;
    double innerEpsilon = 0;
};

/// The keys of transformers' Mamba: intermediate_size or expand, state_size, time_step_rank, conv_kernel, use_bias,
/// use_conv_bias. `bias`: whether projections have one where the config does not say.
MambaShape readMamba(const io::Config &config, std::int64_t channels, bool bias);

/// The config of what is left of a model of nothing but such mixers.
io::Config remainingMamba(const io::Config &config, const architectures::Remains &remains);

/// The tensors of a mixer below `section`, and the parts and widths "ssm", "recurrence", "inner_channels", "state",
/// "dt_rank".
void describeMamba(const Section &section, const MambaShape &shape);

/// The mixer from the tensors below `path`, which may have been cut.
std::unique_ptr<const Mixer> buildMamba(const Weights &weights, const std::string &path, const MambaShape &shape);

} // namespace ecdysis::layers
