// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <utility>

#include <ATen/core/Tensor.h>

#include "core/layers/sequence.h"

namespace ecdysis::layers {

/// What a layer remembers of the sequences of a batch: whatever its kind needs, empty at the start.
struct LayerState
{
    at::Tensor convolution; ///< (batch, taps - 1, channel), the last inputs of the convolution
    at::Tensor ssm;         ///< (batch, …), hidden state
    at::Tensor keys;        ///< (batch, head, capacity, headSize), of which `length` are filled
    at::Tensor values;      ///< the same
    std::int64_t length = 0;
    at::Tensor starts; ///< int64 (batch), where in `length` each sequence begins: those of different lengths end at the
                       ///< same place; undefined: all at 0
};

/// The state of sequences of a batch, as often as `rows`, int64, names them.
LayerState rowsOf(const LayerState &state, const at::Tensor &rows);

/// Adds the keys and values of a piece, (batch, head, time, size), to a state; returns all of them.
std::pair<at::Tensor, at::Tensor> remember(LayerState &state, const at::Tensor &k, const at::Tensor &v);

/// Moves what has been remembered so that the last positions of a piece that count are the last ones of the state.
void alignEnds(LayerState &state, const Piece &piece);

/// The rows of a piece, (batch · time, channel), behind the `before` ones that came earlier: (batch, before + time,
/// channel). `history` (batch, before, channel) holds those and is moved on; undefined: zeros.
at::Tensor behindHistory(const at::Tensor &rows, const Piece &piece, std::int64_t before, at::Tensor &history);

} // namespace ecdysis::layers
