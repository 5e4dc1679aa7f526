// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/layers/attention.h"
#include "core/layers/convolution.h"
#include "core/layers/layer.h"
#include "core/layers/section.h"
#include "core/layers/selective_ssm.h"

namespace ecdysis::layers {

/// How the layers of a Hymba model share keys and values: of each group, the first layer makes them.
struct KeySharing
{
    std::vector<std::vector<int>> groups; ///< of two layers or more, each ascending

    /// The group of a layer: its place in `groups` and its members; -1 and the layer itself where it shares nothing.
    std::pair<int, std::vector<int>> of(int layer) const;
    bool isConsumer(int layer) const;
};

struct HymbaShape
{
    std::int64_t channels = 0;
    std::int64_t heads = 0;
    std::int64_t keyHeads = 0;
    std::int64_t headSize = 0; ///< of queries and keys; values are `expand` times as wide
    std::int64_t expand = 2;
    std::int64_t states = 16;
    std::int64_t rank = 0;
    std::int64_t taps = 4;
    bool convolutionBias = true;
    bool bias = false; ///< of both projections
    double epsilon = 1e-6;
    Rope rope;
    std::int64_t window = 0;
    std::int64_t metaTokens = 0;
    std::vector<int> globalLayers;
    KeySharing sharing;

    std::int64_t inner() const { return expand * channels; }
    std::int64_t served() const { return heads / keyHeads; } ///< query heads of a key head
    Mask maskOf(int layer) const;
};

/// A layer of Hymba (Dong et al., arXiv 2411.13676): attention and Mamba read the same input side by side, the mean of
/// their normalised outputs is projected; then an MLP. Without one of the two, the other's output is taken whole;
/// without both, x after the convolution; without "mixer", nothing. A layer that makes keys and values for others does
/// so without its own attention, too.
class HymbaLayer : public Layer
{
public:
    struct Parts
    {
        RmsNorm norm;
        Linear input; ///< (queries, keys and values of a layer that makes them, x, z; channel), as far as not cut away
        Convolution convolution; ///< of x; undefined where x is cut away
        SelectiveSsm ssm;
        RmsNorm attentionNorm; ///< weight (inner); undefined: attention is cut away
        RmsNorm ssmNorm;       ///< weight (inner); undefined: the SSM is cut away
        Linear output;         ///< (channel, inner); undefined: the whole mixer is cut away
        Sublayer mlp;          ///< no branch: cut away
    };

    HymbaLayer(Parts parts, const HymbaShape &shape, int index);

    std::vector<Stream> apply(const Stream &stream, std::span<const Removed> variants, const Run &run) const override;
    Stream resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                  const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    /// Rows of the input projection, in the order of the checkpoint; 0 for what the layer does not have.
    struct Rows
    {
        std::int64_t query = 0, key = 0, value = 0, x = 0, z = 0;
    };
    Rows rows() const;
    bool hasAttention(const Removed &removed) const;
    bool hasSsm(const Removed &removed) const;
    bool hasMixer(const Removed &removed) const
    {
        return m_parts.output.weight.defined() && !removed.contains("mixer");
    }
    bool makesKeys() const { return !m_consumer && m_rows.key > 0; }
    /// Adds the mixer to the stream's residual; keys and values go into `carried`. `state` null: whole sequences.
    at::Tensor mixed(const at::Tensor &residual, std::vector<at::Tensor> &carried, const Piece &piece,
                     LayerState *state, const Removed &removed, const Run &run) const;
    at::Tensor attention(const at::Tensor &query, const std::vector<at::Tensor> &carried, Sequence sequence,
                         const Places &places, const Run &run) const;

    Parts m_parts;
    Mask m_mask;
    Rope m_rope;
    std::int64_t m_headSize;
    std::int64_t m_served;
    std::size_t m_place; ///< of the keys in Stream::carried; the values follow
    bool m_consumer;
    bool m_lastUse; ///< whether no later layer reads the keys
    Rows m_rows;
};

/// The mixer of a layer: parts "mixer", "attention", "ssm", "recurrence"; widths "attention_heads" (a key head with its
/// queries and the inner channels that they fill, in all layers that share it), "inner_channels", "state", "dt_rank".
void describeHymbaMixer(const Section &layer, const HymbaShape &shape, const std::function<std::string(int)> &prefix);

HymbaLayer::Parts buildHymbaMixer(const Weights &weights, const std::string &prefix, const HymbaShape &shape);

} // namespace ecdysis::layers
