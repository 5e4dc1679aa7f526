// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "core/io/config.h"
#include "core/layers/mixer.h"
#include "core/layers/section.h"

namespace ecdysis::layers {

enum class Activation { Silu, Gelu, SquaredRelu };

/// The activation a config names. Throws Exception{Unsupported} for others.
Activation activation(const io::Config &config, std::string_view key, const char *otherwise);

at::Tensor activated(const at::Tensor &x, Activation function);

/// down(act(gate) · up), or down(act(up)) without a gate.
struct Mlp
{
    Linear gate; ///< (inner, channel); undefined: none
    Linear up;   ///< (inner, channel)
    Linear down; ///< (channel, inner)
    Activation function = Activation::Silu;
};

/// act(gate) · up of the rows: (rows, channel) → (rows, inner).
at::Tensor innerOf(const Mlp &mlp, const at::Tensor &hidden, const Run &run);

class MlpMixer : public Mixer
{
public:
    explicit MlpMixer(Mlp mlp) : m_mlp(std::move(mlp)) {}

    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    Mlp m_mlp;
};

/// Names of an MLP's tensors below its section. Gate and up may be halves of one matrix: the same path twice, and which
/// of them comes first.
struct MlpNames
{
    std::string gate = "gate_proj"; ///< empty: no gate
    std::string up = "up_proj";
    std::string down = "down_proj";
    bool upFirst = false; ///< of a matrix of both
};

struct MlpShape
{
    std::int64_t channels = 0;
    std::int64_t inner = 0;
    Activation function = Activation::Silu;
    bool bias = false;
    double gateScale = 1; ///< factors of Falcon-H1 and Granite
    double outputScale = 1;
    MlpNames names;
};

/// The tensors of an MLP below `section`, and the width "mlp_channels".
void describeMlp(const Section &section, const MlpShape &shape);

/// The MLP from the tensors below `path`, which may have been cut.
Mlp buildMlp(const Weights &weights, const std::string &path, const MlpShape &shape);
std::unique_ptr<const Mixer> buildMlpMixer(const Weights &weights, const std::string &path, const MlpShape &shape);

/// Slices of the matrices that hold an MLP's channels, for further matrices laid out as they are.
std::vector<architectures::Slice> channelSlices(const Section &section, const MlpShape &shape);

} // namespace ecdysis::layers
