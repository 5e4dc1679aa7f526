// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/architectures/remains.h"
#include "core/layers/attention.h"
#include "core/layers/frame.h"
#include "core/layers/mlp.h"

/// \file
/// The hybrid layers of Zamba (arXiv 2405.16712) and Zamba2 (arXiv 2411.15242): a transformer whose weights several
/// layers share adds to the input of a Mamba layer, not to the residual stream; it reads the embedding as well.
namespace ecdysis::layers {

/// A projection with a low-rank addition of the layer that uses it: x Wᵀ + (x downᵀ) upᵀ.
struct AdaptedLinear
{
    Linear linear; ///< undefined weight: cut away
    Linear down;   ///< undefined weight: no adapter
    Linear up;
};

at::Tensor apply(const AdaptedLinear &linear, const at::Tensor &x, const Run &run);

class HybridLayer : public Layer
{
public:
    struct Parts
    {
        // The transformer's attention, without residual: x and embedding side by side → channels. Without "attention",
        // x itself goes on.
        RmsNorm attentionNorm; ///< weight (2 · channel)
        AdaptedLinear query, key, value;
        Linear output;
        // Its MLP, without residual. Without "mlp", the attention's output goes on.
        RmsNorm mlpNorm;
        AdaptedLinear gate, up;
        Linear down;
        Linear linear; ///< of this layer, after both; undefined: the transformer is cut away
        // The Mamba layer. Without "mamba", the transformer adds to the residual stream.
        RmsNorm mambaNorm;
        std::unique_ptr<const Mixer> mamba; ///< null: cut away
    };

    HybridLayer(Parts parts, const AttentionShape &attention, Activation function)
        : m_parts(std::move(parts)), m_attention(attention), m_function(function)
    {
    }

    std::vector<Stream> apply(const Stream &stream, std::span<const Removed> variants, const Run &run) const override;
    Stream resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                  const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    /// What the transformer adds to the Mamba layer's input; undefined where it is gone. `state` null: whole sequences.
    at::Tensor transformer(const at::Tensor &residual, const at::Tensor &embedding, const Piece &piece,
                           LayerState *state, const Removed &removed, const Run &run) const;
    at::Tensor attention(const at::Tensor &residual, const at::Tensor &embedding, const Piece &piece, LayerState *state,
                         const Run &run) const;
    at::Tensor mlp(const at::Tensor &x, const Run &run) const;
    bool hasMamba(const Removed &removed) const { return m_parts.mamba && !removed.contains("mamba"); }

    Parts m_parts;
    AttentionShape m_attention;
    Activation m_function;
};

struct HybridShape
{
    AttentionShape attention; ///< channels: twice those of the stream
    MlpShape mlp;
    std::string transformer;  ///< its path below a layer: "shared_transformer."
    std::size_t blocks = 1;   ///< sets of shared weights, taken in turn
    std::int64_t mlpRank = 0; ///< of the adapters; 0: none
    std::int64_t attentionRank = 0;
    std::vector<int> layers; ///< the hybrid ones, ascending

    bool isHybrid(int layer) const;
    /// The how many-th hybrid layer this one is: its adapters bear that number.
    std::size_t ordinal(int layer) const;
    /// The hybrid layers that use the weights of this one; the first gives them its name.
    std::vector<int> sharing(int layer) const;
};

/// The transformer of a hybrid layer: its parts "transformer", "attention", "mlp". What it shares is written with the
/// first layer that uses it.
void describeTransformer(const Section &layer, const Frame &frame, const HybridShape &shape);

/// Types of the layers that are left, spelled as in the file; a hybrid one without its transformer is one of Mamba.
nlohmann::json remainingTypes(const io::Config &config, const HybridShape &shape,
                              const architectures::Remains &remains);

/// Attention of both: twice the channels, num_attention_heads of attention_head_dim, scores scaled by the root of half
/// the size.
AttentionShape readSharedAttention(const io::Config &config, std::int64_t channels, std::int64_t heads);

/// The network of hybrid layers and layers of Mamba alone; `mamba(path)` builds the mixer below "mamba.".
std::unique_ptr<const architectures::Network>
buildHybridNetwork(const Frame &frame, const Weights &weights, const HybridShape &shape,
                   const std::function<std::unique_ptr<const Mixer>(const std::string &path)> &mamba);

} // namespace ecdysis::layers
