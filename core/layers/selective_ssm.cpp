// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/selective_ssm.h"

#include "core/torch.h"

namespace ecdysis::layers {

namespace {

SelectiveScan scanOperands(const SelectiveSsm &ssm, const at::Tensor &x, const at::Tensor &z, const Run &run)
{
    const std::int64_t states = ssm.logA.size(1);
    const std::int64_t rank = ssm.step.weight.size(1);
    const at::Tensor selected = apply(ssm.scanInput, operand(x, ssm.scanInput), run);
    auto slices = selected.split_with_sizes({rank, states, states}, 1);
    if (ssm.normalised)
        slices = {apply(ssm.stepNorm, slices[0]), apply(ssm.normB, slices[1]), apply(ssm.normC, slices[2])};
    Linear stepWithoutBias = ssm.step;
    stepWithoutBias.bias = at::Tensor();
    return {.x = x,
            .dt = apply(stepWithoutBias, operand(slices[0], ssm.step), run),
            .z = z,
            .B = slices[1],
            .C = slices[2],
            .A = ssm.logA.exp().neg(),
            .D = ssm.D,
            .dtBias = ssm.step.bias};
}

} // namespace

at::Tensor apply(const SelectiveSsm &ssm, const at::Tensor &x, const at::Tensor &z, Sequence sequence,
                 const architectures::Removed &removed, const Run &run)
{
    if (!hasRecurrence(ssm.logA, removed))
        return gated(withoutRecurrence(x, ssm.D, removed), z);
    const SelectiveScan operands = scanOperands(ssm, x, z, run);
    if (ssm.tap)
        ssm.tap(operands, sequence);
    return apply(operands, sequence);
}

at::Tensor resume(const SelectiveSsm &ssm, const at::Tensor &x, const at::Tensor &z, const Piece &piece,
                  at::Tensor &state, const architectures::Removed &removed, const Run &run)
{
    if (!hasRecurrence(ssm.logA, removed))
        return gated(withoutRecurrence(x, ssm.D, removed), z);
    return resume(scanOperands(ssm, x, z, run), piece, state);
}

double graphBytesPerToken(const SelectiveSsm &ssm)
{
    if (!ssm.logA.defined())
        return 0;
    const double inner = static_cast<double>(ssm.D.numel());
    return 4.0 * inner * (5.0 + static_cast<double>(ssm.logA.size(-1)) / 16.0);
}

} // namespace ecdysis::layers
