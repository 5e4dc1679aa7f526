// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/layer_state.h"

#include <algorithm>

#include "core/torch.h"

namespace ecdysis::layers {

namespace {

at::Tensor selected(const at::Tensor &tensor, const at::Tensor &rows)
{
    return tensor.defined() ? tensor.index_select(0, rows) : tensor;
}

/// The filled part of keys or values.
at::Tensor filled(const at::Tensor &cache, std::int64_t length)
{
    return cache.defined() ? cache.narrow(2, 0, length) : cache;
}

/// The positions `places`, (batch, positions), of keys or values.
at::Tensor atPlaces(const at::Tensor &cache, const at::Tensor &places)
{
    return cache.gather(2, places.unsqueeze(1).unsqueeze(3).expand({-1, cache.size(1), -1, cache.size(3)}));
}

} // namespace

LayerState rowsOf(const LayerState &state, const at::Tensor &rows)
{
    return {.convolution = selected(state.convolution, rows),
            .ssm = selected(state.ssm, rows),
            .keys = selected(filled(state.keys, state.length), rows),
            .values = selected(filled(state.values, state.length), rows),
            .length = state.length,
            .starts = selected(state.starts, rows)};
}

std::pair<at::Tensor, at::Tensor> remember(LayerState &state, const at::Tensor &k, const at::Tensor &v)
{
    const std::int64_t length = state.length + k.size(2);
    const auto grown = [&](const at::Tensor &cache, const at::Tensor &next) {
        const std::int64_t capacity = cache.defined() ? cache.size(2) : 0;
        if (length <= capacity)
            return cache;
        const at::Tensor larger =
            at::empty({next.size(0), next.size(1), std::max<std::int64_t>({64, 2 * capacity, length}), next.size(3)},
                      next.options());
        if (cache.defined())
            larger.narrow(2, 0, state.length).copy_(filled(cache, state.length));
        return larger;
    };
    state.keys = grown(state.keys, k);
    state.values = grown(state.values, v);
    state.keys.narrow(2, state.length, k.size(2)).copy_(k);
    state.values.narrow(2, state.length, v.size(2)).copy_(v);
    state.length = length;
    return {filled(state.keys, length), filled(state.values, length)};
}

void alignEnds(LayerState &state, const Piece &piece)
{
    if (!piece.lengths.defined())
        return;
    const at::Tensor missing = piece.sequence.time - piece.lengths;
    state.starts = state.starts.defined() ? state.starts + missing : missing;
    if (!state.keys.defined())
        return;
    const at::Tensor places =
        (at::arange(state.length, missing.options()).unsqueeze(0) - missing.unsqueeze(1)).clamp_min(0);
    state.keys = atPlaces(filled(state.keys, state.length), places);
    state.values = atPlaces(filled(state.values, state.length), places);
}

at::Tensor behindHistory(const at::Tensor &rows, const Piece &piece, std::int64_t before, at::Tensor &history)
{
    const auto [batch, time] = piece.sequence;
    if (!history.defined())
        history = at::zeros({batch, before, rows.size(1)}, rows.options());
    const at::Tensor all = at::cat({history, rows.reshape({batch, time, rows.size(1)})}, 1);
    if (piece.lengths.defined()) {
        const at::Tensor places = piece.lengths.unsqueeze(1) + at::arange(before, piece.lengths.options());
        history = all.gather(1, places.unsqueeze(2).expand({-1, -1, all.size(2)}));
    } else {
        history = all.narrow(1, time, before).clone(); // a view would keep all of them
    }
    return all;
}

} // namespace ecdysis::layers
