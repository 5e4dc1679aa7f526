// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/layers/attention.h"

namespace ecdysis::layers {

/// Attention as the state-spaces code has it: one projection for queries, keys and values, and a causal convolution
/// (without activation) over all of them, if there are taps.
class NativeAttention : public Mixer
{
public:
    struct Parts
    {
        Linear input;           ///< (head · size + 2 · key head · size, channel): queries, keys, values
        at::Tensor convolution; ///< (rows of input, 1, taps); undefined: none
        at::Tensor convolutionBias;
        Linear output; ///< (channel, head · size)
    };

    NativeAttention(Parts parts, const AttentionShape &shape) : m_parts(std::move(parts)), m_shape(shape) {}

    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    /// Queries, keys and values, rotated, from rows after the convolution.
    std::vector<at::Tensor> heads(const at::Tensor &rows, Sequence sequence, const Places &places) const;
    at::Tensor output(const at::Tensor &residual, const at::Tensor &heads, const Run &run) const;

    Parts m_parts;
    AttentionShape m_shape;
};

/// in_proj, conv1d and out_proj below `section`; `taps` 0: no convolution. The output's bias is apart from the input's.
void describeNativeAttention(const Section &section, const AttentionShape &shape, std::int64_t taps, bool outputBias);

std::unique_ptr<const Mixer> buildNativeAttention(const Weights &weights, const std::string &path,
                                                  const AttentionShape &shape);

} // namespace ecdysis::layers
