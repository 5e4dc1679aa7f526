// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "core/layers/linear.h"
#include "core/layers/norm.h"
#include "core/layers/selective_scan.h"
#include "core/layers/sequence.h"
#include "core/layers/skip.h"

namespace ecdysis::layers {

/// The state space of Mamba (Gu & Dao, arXiv 2312.00752): step, B and C are selected by x, then the scan and the gate.
struct SelectiveSsm
{
    Linear scanInput; ///< (rank + 2 · state, inner): dt, B, C; no bias
    Linear step;      ///< (inner, rank); its bias goes into the scan
    at::Tensor logA;  ///< float32 (inner, state); undefined: the recurrence is cut away
    at::Tensor D;     ///< float32 (inner); undefined: the whole state space is cut away
    // RMSNorm of dt (before its projection), B and C, as Falcon-Mamba, Jamba and Hymba have it.
    bool normalised = false;
    RmsNorm stepNorm; ///< weight (rank), or none
    RmsNorm normB;    ///< weight (state), or none
    RmsNorm normC;    ///< weight (state), or none
    std::function<void(const SelectiveScan &scan, Sequence sequence)> tap =
        {}; ///< told the operands; empty: nobody asks
};

/// x after convolution and SiLU, gate z: (rows, inner) → the gated output, the same shape. Records gradients.
at::Tensor apply(const SelectiveSsm &ssm, const at::Tensor &x, const at::Tensor &z, Sequence sequence,
                 const architectures::Removed &removed, const Run &run);

/// The same for a piece; `state` (batch, inner, state) is moved on, where there is a recurrence; undefined: the start
/// of a sequence. Records none.
at::Tensor resume(const SelectiveSsm &ssm, const at::Tensor &x, const at::Tensor &z, const Piece &piece,
                  at::Tensor &state, const architectures::Removed &removed, const Run &run);

/// Bytes that the recorded graph keeps for each token, about: x, z, dt, y, and the scan's stored states.
double graphBytesPerToken(const SelectiveSsm &ssm);

} // namespace ecdysis::layers
