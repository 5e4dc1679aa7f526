// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/layers/convolution.h"
#include "core/layers/mixer.h"
#include "core/layers/section.h"
#include "core/layers/selective_ssm.h"

namespace ecdysis::layers {

/// The mixer of Zamba (arXiv 2405.16712): Mamba whose channels are divided into heads, each with a state space of its
/// own. Parts as in layers/skip.h.
class ZambaMixer : public Mixer
{
public:
    struct Parts
    {
        Linear input; ///< (2 · inner, channel): x and z of one channel after the other
        Convolution convolution;
        std::vector<SelectiveSsm> heads; ///< of inner / heads channels each; none: the state spaces are cut away
        Linear output;                   ///< (channel, inner)
    };

    explicit ZambaMixer(Parts parts) : m_parts(std::move(parts)) {}

    Removed parts() const override { return {"recurrence", "ssm"}; }
    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    /// x and z, contiguous, of the rows.
    std::pair<at::Tensor, at::Tensor> project(const at::Tensor &hidden, const Run &run) const;
    bool hasSsm(const Removed &removed) const { return !m_parts.heads.empty() && !removed.contains("ssm"); }
    at::Tensor ofHead(const at::Tensor &columns, std::size_t head) const;
    at::Tensor output(const at::Tensor &residual, const at::Tensor &y, const Run &run) const;

    Parts m_parts;
};

struct ZambaMixerShape
{
    std::int64_t channels = 0;
    std::int64_t inner = 0;
    std::int64_t heads = 1;
    std::int64_t states = 16;
    std::int64_t rank = 0;
    std::int64_t taps = 4;
    bool bias = false;
    bool convolutionBias = true;
};

/// The tensors of a mixer below `section`; the parts and widths "ssm", "recurrence", "heads", "inner_channels" (the
/// same channel of every head), "state", "dt_rank".
void describeZambaMixer(const Section &section, const ZambaMixerShape &shape);

std::unique_ptr<const Mixer> buildZambaMixer(const Weights &weights, const std::string &path);

} // namespace ecdysis::layers
