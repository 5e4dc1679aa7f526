// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/state_duality.h"

#include "core/cuda/gpu.h"
#include "core/device.h"
#include "core/kernels/cuda/state_duality.h"
#include "core/kernels/state_duality.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

constexpr std::int64_t gradientChunk = 64;

kernels::StateDuality kernelOperands(const StateDuality &ssd, Sequence sequence)
{
    const std::int64_t heads = ssd.A.size(0);
    return {.batch = sequence.batch,
            .time = sequence.time,
            .heads = heads,
            .headSize = ssd.x.size(1) / heads,
            .groups = ssd.groups,
            .states = ssd.B.size(1) / ssd.groups,
            .x = floats(ssd.x),
            .xStride = rowStride(ssd.x),
            .dt = floats(ssd.dt),
            .dtStride = rowStride(ssd.dt),
            .B = floats(ssd.B),
            .C = floats(ssd.C),
            .bcStride = rowStride(ssd.B),
            .A = floats(ssd.A),
            .D = floats(ssd.D),
            .dPerChannel = ssd.D.size(0) != heads,
            .dtBias = floats(ssd.dtBias),
            .dtMin = static_cast<float>(ssd.dtMin),
            .dtMax = static_cast<float>(ssd.dtMax)};
}

/// `leaving` may be undefined.
void runForward(const kernels::StateDuality &operands, const at::Tensor &y, const at::Tensor &leaving)
{
    if constexpr (builtWithCuda)
        if (y.is_cuda())
            return kernels::cuda::stateDuality(operands, floats(y), floats(leaving), cuda::currentStream());
    kernels::stateDuality(operands, floats(y), floats(leaving));
}

/// D x of each row, D for a head or for each of its channels.
at::Tensor skip(const StateDuality &ssd)
{
    if (ssd.D.size(0) == ssd.x.size(1))
        return ssd.x * ssd.D;
    return (ssd.x.unflatten(1, {ssd.D.size(0), -1}) * ssd.D.unsqueeze(1)).flatten(1);
}

/// (rows, parts · width) → (batch, chunk, part, time in chunk, width), zeros after the end of each sequence.
at::Tensor chunked(const at::Tensor &matrix, Sequence sequence, std::int64_t chunk, std::int64_t parts)
{
    const std::int64_t missing = (chunk - sequence.time % chunk) % chunk;
    const at::Tensor padded =
        at::constant_pad_nd(matrix.reshape({sequence.batch, sequence.time, -1}), {0, 0, 0, missing});
    return padded.reshape({sequence.batch, -1, chunk, parts, matrix.size(1) / parts}).transpose(2, 3);
}

/// The states that enter each chunk: S_out = exp(decay) S_in + T, from nothing.
/// states (batch, chunk, head, state, headSize), decays (batch, chunk, head).
at::Tensor enteringStates(const at::Tensor &states, const at::Tensor &decays)
{
    std::vector<at::Tensor> entering;
    at::Tensor state = at::zeros_like(states.select(1, 0));
    for (std::int64_t i = 0; i < states.size(1); ++i) {
        entering.push_back(state);
        state = state * decays.select(1, i).exp().unsqueeze(-1).unsqueeze(-1) + states.select(1, i);
    }
    return at::stack(entering, 1);
}

} // namespace

at::Tensor stepSizes(const StateDuality &ssd)
{
    return at::clamp(at::softplus(ssd.dt + ssd.dtBias), ssd.dtMin, ssd.dtMax);
}

at::Tensor applyChunked(const StateDuality &ssd, Sequence sequence, std::int64_t chunk)
{
    const std::int64_t heads = ssd.A.size(0);
    const std::int64_t headsPerGroup = heads / ssd.groups;
    const auto ofHeads = [&](const at::Tensor &tensor) { return tensor.repeat_interleave(headsPerGroup, 2); };

    const at::Tensor dt = stepSizes(ssd);
    const at::Tensor input = ssd.x.unflatten(1, {heads, -1}) * dt.unsqueeze(2);
    const at::Tensor x = chunked(input.flatten(1), sequence, chunk, heads); // (b, chunk, head, time, headSize)
    const at::Tensor B = chunked(ssd.B, sequence, chunk, ssd.groups);       // (b, chunk, group, time, state)
    const at::Tensor C = chunked(ssd.C, sequence, chunk, ssd.groups);
    const at::Tensor decay =
        chunked(dt * ssd.A, sequence, chunk, heads).squeeze(4).cumsum(-1); // (b, chunk, head, time)
    const at::Tensor last = decay.select(-1, chunk - 1);

    // The future is masked before the exponential: its exponents are positive and overflow.
    const at::Tensor future = at::ones({chunk, chunk}, decay.options().dtype(at::kBool)).triu(1);
    const at::Tensor span = (decay.unsqueeze(-1) - decay.unsqueeze(-2)).masked_fill(future, -HUGE_VAL).exp();
    const at::Tensor within = at::matmul(ofHeads(at::matmul(C, B.transpose(-1, -2))) * span, x);

    const at::Tensor remaining = (last.unsqueeze(-1) - decay).exp().unsqueeze(-1);
    const at::Tensor states = at::matmul(ofHeads(B.transpose(-1, -2)), x * remaining);
    const at::Tensor carried = at::matmul(ofHeads(C), enteringStates(states, last)) * decay.exp().unsqueeze(-1);

    const at::Tensor y = (within + carried).transpose(2, 3).flatten(3).flatten(1, 2).narrow(1, 0, sequence.time);
    return y.reshape({sequence.rows(), -1}) + skip(ssd);
}

at::Tensor apply(const StateDuality &ssd, Sequence sequence)
{
    if (recordsGradient({ssd.x, ssd.dt, ssd.B, ssd.C, ssd.A, ssd.D, ssd.dtBias}))
        return applyChunked(ssd, sequence, gradientChunk);
    const at::Tensor y = at::empty({ssd.x.size(0), ssd.x.size(1)}, ssd.x.options());
    runForward(kernelOperands(ssd, sequence), y, {});
    return y;
}

at::Tensor resume(const StateDuality &ssd, const Piece &piece, at::Tensor &state)
{
    if (piece.isStep())
        return step(ssd, state);
    const at::Tensor y = at::empty({ssd.x.size(0), ssd.x.size(1)}, ssd.x.options());
    if (piece.lengths.defined())
        y.zero_(); // what lies behind them is not written
    const at::Tensor entering = state.defined() ? state.contiguous() : state;
    kernels::StateDuality operands = kernelOperands(ssd, piece.sequence);
    operands.entering = floats(entering);
    operands.lengths = lengthsOf(piece);
    state = at::empty({operands.batch, operands.heads, operands.headSize, operands.states}, ssd.x.options());
    runForward(operands, y, state);
    return y;
}

at::Tensor step(const StateDuality &ssd, at::Tensor &state)
{
    const std::int64_t heads = ssd.A.size(0);
    const at::Tensor dt = stepSizes(ssd);
    const auto ofHeads = [&](const at::Tensor &matrix) {
        return matrix.unflatten(1, {ssd.groups, -1}).repeat_interleave(heads / ssd.groups, 1);
    };
    const at::Tensor input = ssd.x.unflatten(1, {heads, -1}) * dt.unsqueeze(2);
    const at::Tensor added = input.unsqueeze(3) * ofHeads(ssd.B).unsqueeze(2);
    const at::Tensor decay = (dt * ssd.A).exp_().unsqueeze(2).unsqueeze(3);
    state = state.defined() ? at::addcmul(added, state, decay) : added;
    return at::matmul(state, ofHeads(ssd.C).unsqueeze(3)).flatten(1) + skip(ssd);
}

} // namespace ecdysis::layers
