// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/selective_scan.h"

#include "core/cuda/gpu.h"
#include "core/device.h"
#include "core/kernels/cuda/selective_scan.h"
#include "core/kernels/selective_scan.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

kernels::SelectiveScan kernelOperands(const SelectiveScan &scan, Sequence sequence)
{
    return {.batch = sequence.batch,
            .time = sequence.time,
            .channels = scan.x.size(1),
            .states = scan.B.size(1),
            .x = floats(scan.x),
            .xStride = rowStride(scan.x),
            .dt = floats(scan.dt),
            .dtStride = rowStride(scan.dt),
            .z = floats(scan.z),
            .zStride = rowStride(scan.z),
            .B = floats(scan.B),
            .C = floats(scan.C),
            .bcStride = rowStride(scan.B),
            .A = floats(scan.A),
            .D = floats(scan.D),
            .dtBias = floats(scan.dtBias)};
}

/// Room for what the forward pass keeps for the backward one.
at::Tensor emptyCheckpoints(const kernels::SelectiveScan &operands, const at::TensorOptions &options)
{
    if constexpr (builtWithCuda)
        if (options.device().is_cuda())
            return at::empty({kernels::cuda::checkpointSize(operands)}, options);
    return at::empty({kernels::checkpointSize(operands)}, options);
}

/// `checkpoints` and `leaving` may be undefined.
void runForward(const kernels::SelectiveScan &operands, const at::Tensor &y, const at::Tensor &checkpoints,
                const at::Tensor &leaving)
{
    if constexpr (builtWithCuda)
        if (y.is_cuda())
            return kernels::cuda::selectiveScan(operands, floats(y), floats(checkpoints), floats(leaving),
                                                cuda::currentStream());
    kernels::selectiveScan(operands, floats(y), floats(checkpoints), floats(leaving));
}

void runBackward(const kernels::SelectiveScan &operands, const at::Tensor &dy, const at::Tensor &checkpoints,
                 const kernels::SelectiveScanGradients &gradients)
{
    if constexpr (builtWithCuda)
        if (dy.is_cuda()) {
            const at::Tensor workspace = at::empty({kernels::cuda::backwardWorkspaceSize(operands)}, dy.options());
            return kernels::cuda::selectiveScanBackward(operands, floats(dy), floats(checkpoints), gradients,
                                                        floats(workspace), cuda::currentStream());
        }
    kernels::selectiveScanBackward(operands, floats(dy), floats(checkpoints), gradients);
}

class SelectiveScanFunction : public torch::autograd::Function<SelectiveScanFunction>
{
public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &dt, const at::Tensor &z,
                              const at::Tensor &B, const at::Tensor &C, const at::Tensor &A, const at::Tensor &D,
                              const at::Tensor &dtBias, std::int64_t batch)
    {
        const kernels::SelectiveScan operands =
            kernelOperands({x, dt, z, B, C, A, D, dtBias}, {batch, x.size(0) / batch});
        const at::Tensor checkpoints = emptyCheckpoints(operands, x.options());
        const at::Tensor y = at::empty({x.size(0), x.size(1)}, x.options());
        runForward(operands, y, checkpoints, {});
        context->save_for_backward({x, dt, z, B, C, A, D, dtBias, checkpoints});
        context->saved_data["batch"] = batch;
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients)
    {
        const at::NoGradGuard noGradients;
        const auto saved = context->get_saved_variables();
        const SelectiveScan scan{saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], saved[6], saved[7]};
        const std::int64_t batch = context->saved_data["batch"].toInt();
        variable_list results;
        for (std::size_t i = 0; i < 8; ++i)
            results.push_back(at::empty(saved[i].sizes(), saved[i].options()));
        const kernels::SelectiveScanGradients into{floats(results[0]), floats(results[1]), floats(results[2]),
                                                   floats(results[3]), floats(results[4]), floats(results[5]),
                                                   floats(results[6]), floats(results[7])};
        runBackward(kernelOperands(scan, {batch, scan.x.size(0) / batch}), gradients[0].contiguous(), saved[8], into);
        results.emplace_back();
        return results;
    }
};

} // namespace

at::Tensor apply(const SelectiveScan &scan, Sequence sequence)
{
    if (recordsGradient({scan.x, scan.dt, scan.z, scan.B, scan.C, scan.A, scan.D, scan.dtBias}))
        return SelectiveScanFunction::apply(scan.x, scan.dt, scan.z, scan.B, scan.C, scan.A, scan.D, scan.dtBias,
                                            sequence.batch);
    const at::Tensor y = at::empty({scan.x.size(0), scan.x.size(1)}, scan.x.options());
    runForward(kernelOperands(scan, sequence), y, {}, {});
    return y;
}

at::Tensor stepSizes(const SelectiveScan &scan)
{
    return at::softplus(scan.dt + scan.dtBias);
}

at::Tensor resume(const SelectiveScan &scan, const Piece &piece, at::Tensor &state)
{
    if (piece.isStep())
        return step(scan, state);
    const at::Tensor y = at::empty({scan.x.size(0), scan.x.size(1)}, scan.x.options());
    if (piece.lengths.defined())
        y.zero_(); // what lies behind them is not written
    const at::Tensor entering = state.defined() ? state.contiguous() : state;
    kernels::SelectiveScan operands = kernelOperands(scan, piece.sequence);
    operands.entering = floats(entering);
    operands.lengths = lengthsOf(piece);
    state = at::empty({operands.batch, operands.channels, operands.states}, scan.x.options());
    runForward(operands, y, {}, state);
    return y;
}

at::Tensor step(const SelectiveScan &scan, at::Tensor &state)
{
    const at::Tensor dt = stepSizes(scan);
    if (!state.defined())
        state = at::zeros({scan.x.size(0), scan.x.size(1), scan.B.size(1)}, scan.x.options());
    const at::Tensor input = (dt * scan.x).unsqueeze(2) * scan.B.unsqueeze(1);
    state = at::addcmul(input, (dt.unsqueeze(2) * scan.A).exp_(), state);
    const at::Tensor read = at::matmul(state, scan.C.unsqueeze(2)).squeeze(2);
    return at::addcmul(read, scan.x, scan.D).mul_(at::silu(scan.z));
}

} // namespace ecdysis::layers
