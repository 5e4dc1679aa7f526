// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/io/config.h"
#include "core/layers/mixer.h"
#include "core/layers/section.h"

namespace ecdysis::layers {

/// Rotary position embedding (Su et al., arXiv 2104.09864) of the first `width` channels of a head, the first half of
/// which is paired with the second.
struct Rope
{
    std::int64_t width = 0; ///< 0: none
    double base = 10000;
};

/// What a query sees: keys up to its own position, of which, with a window, the last `window` before it and the first
/// `prefix` of the sequence.
struct Mask
{
    std::int64_t window = 0; ///< 0: all
    std::int64_t prefix = 0;
};

/// (rows, head · size) → (batch, head, time, size).
at::Tensor splitHeads(const at::Tensor &rows, Sequence sequence, std::int64_t size);

/// (batch, head, time, size) → (rows, head · size).
at::Tensor mergeHeads(const at::Tensor &heads);

/// Where the positions of queries or keys lie: `first` is the place of the first of them among all keys.
struct Places
{
    std::int64_t first = 0;
    at::Tensor starts; ///< where each sequence begins, see LayerState; undefined: at 0
};

/// Those of what comes next; null: at the start of sequences.
Places placesAfter(const LayerState *state);

/// x (batch, head, time, size), rotated by its positions in the sequences. Records gradients.
at::Tensor rotated(const at::Tensor &x, const Rope &rope, const Places &places);

/// softmax(scale · q kᵀ) v of queries that are the last ones of the keys' positions; each key head serves as many
/// consecutive query heads. q (batch, head, time, size), k (batch, key head, keys, size), v (batch, key head, keys,
/// value size) → (batch, head, time, value size). `starts`: where each sequence begins, see LayerState. Works on blocks
/// of queries: memory grows with the keys a block sees, not with their square. Records gradients.
at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, double scale, const Mask &mask,
                  const at::Tensor &starts, const Run &run);

/// The same of the queries, keys and values of a piece, which `state` remembers.
at::Tensor attendNext(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, double scale, const Mask &mask,
                      const Piece &piece, LayerState &state, const Run &run);

struct AttentionShape
{
    std::int64_t channels = 0;
    std::int64_t heads = 0;
    std::int64_t keyHeads = 0;
    std::int64_t headSize = 0;
    bool bias = false;
    double scale = 0; ///< of the scores
    Rope rope;
    Mask mask;
    double inputScale = 1; ///< factors of Falcon-H1 and Granite
    double keyScale = 1;
    double outputScale = 1;
};

/// Causal attention with grouped queries (Ainslie et al., arXiv 2305.13245).
class Attention : public Mixer
{
public:
    struct Parts
    {
        Linear query;  ///< (head · size, channel)
        Linear key;    ///< (key head · size, channel)
        Linear value;  ///< (key head · size, channel)
        Linear output; ///< (channel, head · size)
    };

    Attention(Parts parts, const AttentionShape &shape);

    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    struct Heads
    {
        at::Tensor query, key, value;
    };
    Heads project(const at::Tensor &hidden, Sequence sequence, const Places &places, const Run &run) const;
    at::Tensor output(const at::Tensor &residual, const at::Tensor &heads, const Run &run) const;

    Parts m_parts;
    AttentionShape m_shape;
};

/// What a config that does not say has.
struct AttentionDefaults
{
    std::int64_t heads = 32;
    std::int64_t keyHeads = 0; ///< 0: as many as heads
};

/// num_attention_heads, num_key_value_heads, head_dim, attention_bias; scores are scaled by headSize^-1/2.
AttentionShape readAttention(const io::Config &config, std::int64_t channels, AttentionDefaults defaults);

/// The rope of whole heads, from rope_parameters or rope_theta. Throws Exception{Unsupported} for types other than the
/// default one.
Rope readRope(const io::Config &config, std::int64_t headSize);

/// {q,k,v,o}_proj below `section`, and the width "attention_heads": a key head with the query heads it serves.
void describeAttention(const Section &section, const AttentionShape &shape);

/// The mixer from the tensors below `path`, which may have been cut.
std::unique_ptr<const Mixer> buildAttention(const Weights &weights, const std::string &path,
                                            const AttentionShape &shape);

/// Slices of a projection's rows (dimension 0) or columns by key heads: `heads` times `size` of them, from `start` on.
architectures::Slice headSlice(std::string tensor, int dimension, std::int64_t start, std::int64_t heads,
                               std::int64_t keyHeads, std::int64_t size);

} // namespace ecdysis::layers
