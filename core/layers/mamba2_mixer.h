// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <functional>
#include <limits>
#include <utility>

#include "core/io/config.h"
#include "core/layers/convolution.h"
#include "core/layers/mixer.h"
#include "core/layers/norm.h"
#include "core/layers/section.h"
#include "core/layers/skip.h"
#include "core/layers/state_duality.h"

namespace ecdysis::layers {

/// What follows the state space of Mamba-2.
enum class GatedNorm {
    None,         ///< y · silu(z)
    GateThenNorm, ///< norm(y · silu(z))
    NormThenGate, ///< norm(y) · silu(z)
};

struct Mamba2Shape
{
    std::int64_t channels = 0;
    std::int64_t heads = 0;
    std::int64_t headSize = 0;
    std::int64_t groups = 1;
    std::int64_t states = 0;
    std::int64_t taps = 4;
    bool inputBias = false;
    bool outputBias = false;
    bool convolutionBias = true;
    bool skipPerChannel = false;
    GatedNorm norm = GatedNorm::GateThenNorm;
    bool normByGroup = false; ///< each group of channels by itself, rather than the whole width
    double epsilon = 1e-5;
    std::pair<double, double> stepLimits{0, std::numeric_limits<double>::infinity()};
    // Factors of Falcon-H1: of the input, of the projection's z, x, B, C and dt, of the output.
    double inputScale = 1;
    std::array<double, 5> scales{1, 1, 1, 1, 1};
    double outputScale = 1;

    std::int64_t inner() const { return heads * headSize; }
    std::int64_t scanChannels() const { return 2 * groups * states; } ///< B and C
};

/// The mixer of Mamba-2 (Dao & Gu, arXiv 2405.21060): projection, convolution, state-space duality, gated norm,
/// projection. Parts as in layers/skip.h.
class Mamba2Mixer : public Mixer
{
public:
    struct Parts
    {
        Linear input;            ///< (2 · inner + 2 · group · state + head, channel): z, x, B, C, dt
        Convolution convolution; ///< over x, B, C
        at::Tensor logA;         ///< (head); undefined: the recurrence is cut away
        at::Tensor D;            ///< (head), or (inner); undefined: the whole state space is cut away
        at::Tensor dtBias;       ///< (head)
        at::Tensor norm;         ///< (inner); undefined: gate only
        Linear output;           ///< (channel, inner)
        std::function<void(const StateDuality &ssd, Sequence sequence)> tap = {}; ///< told the operands; may be empty
    };

    /// Widths are those of the parts, which may have been cut; from the shape come the options and the groups.
    Mamba2Mixer(Parts parts, const Mamba2Shape &shape);

    Removed parts() const override { return {"recurrence", "ssm"}; }
    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    at::Tensor project(const Linear &linear, const at::Tensor &scales, const at::Tensor &input, const Run &run) const;
    at::Tensor input(const at::Tensor &hidden) const;
    at::Tensor output(const at::Tensor &residual, const at::Tensor &y, const at::Tensor &z, const Run &run) const;

    Parts m_parts;
    Mamba2Shape m_shape;
    std::int64_t m_inner;
    // The rows of `input` and the channels of the convolution that only the state space needs are apart, so that a
    // layer without it does not compute them.
    Linear m_gateAndX;
    Linear m_scanInput;
    at::Tensor m_gateScales; ///< factors of the columns of the two products; undefined: all 1
    at::Tensor m_scanScales;
    Convolution m_convolutionX;
    Convolution m_convolutionBC;
};

/// What a config that does not say has.
struct Mamba2Defaults
{
    std::int64_t inner = 0; ///< 0: mamba_expand · channels, which wins over a default
    std::int64_t heads = 128;
    std::int64_t groups = 1;
    std::int64_t states = 256;
};

/// mamba_n_heads, mamba_d_head, mamba_n_groups, mamba_d_state, mamba_d_conv, mamba_conv_bias, mamba_proj_bias.
/// Throws Exception{BadFormat} where they do not fit together.
Mamba2Shape readMamba2(const io::Config &config, std::int64_t channels, Mamba2Defaults defaults);

/// The tensors of a mixer below `section`, and the parts and widths "ssm", "recurrence", "heads", "inner_channels",
/// "state".
void describeMamba2(const Section &section, const Mamba2Shape &shape);

/// The mixer from the tensors below `path`, which may have been cut.
std::unique_ptr<const Mixer> buildMamba2(const Weights &weights, const std::string &path, const Mamba2Shape &shape);

} // namespace ecdysis::layers
