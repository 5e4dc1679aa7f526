// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/convolution.h"

#include "core/cuda/gpu.h"
#include "core/device.h"
#include "core/kernels/causal_conv.h"
#include "core/kernels/cuda/causal_conv.h"
#include "core/layers/layer_state.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

kernels::CausalConv kernelOperands(const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &x,
                                   Sequence sequence)
{
    return {.batch = sequence.batch,
            .time = sequence.time,
            .channels = x.size(1),
            .taps = weight.size(-1),
            .x = floats(x),
            .xStride = rowStride(x),
            .weight = floats(weight),
            .bias = floats(bias)};
}

at::Tensor convolve(const at::Tensor &weight, const at::Tensor &bias, const at::Tensor &x, Sequence sequence)
{
    const at::Tensor y = at::empty({x.size(0), x.size(1)}, x.options());
    const kernels::CausalConv operands = kernelOperands(weight, bias, x, sequence);
    if constexpr (builtWithCuda)
        if (y.is_cuda()) {
            kernels::cuda::causalConv(operands, floats(y), cuda::currentStream());
            return y;
        }
    kernels::causalConv(operands, floats(y));
    return y;
}

void convolveBackward(const kernels::CausalConv &operands, const at::Tensor &dy, const at::Tensor &dx,
                      const at::Tensor &dWeight, const at::Tensor &dBias)
{
    if constexpr (builtWithCuda)
        if (dy.is_cuda()) {
            const at::Tensor workspace = at::empty_like(dy);
            return kernels::cuda::causalConvBackward(operands, floats(dy), floats(dx), floats(dWeight), floats(dBias),
                                                     floats(workspace), cuda::currentStream());
        }
    kernels::causalConvBackward(operands, floats(dy), floats(dx), floats(dWeight), floats(dBias));
}

class ConvolutionFunction : public torch::autograd::Function<ConvolutionFunction>
{
public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                              const c10::optional<at::Tensor> &optionalBias, std::int64_t batch)
    {
        const at::Tensor bias = optionalBias.value_or(at::Tensor());
        context->save_for_backward({x, weight, bias});
        context->saved_data["batch"] = batch;
        return convolve(weight, bias, x, {batch, x.size(0) / batch});
    }

    static variable_list backward(AutogradContext *context, variable_list gradients)
    {
        const at::NoGradGuard noGradients;
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0];
        const at::Tensor &weight = saved[1];
        const at::Tensor &bias = saved[2];
        const std::int64_t batch = context->saved_data["batch"].toInt();
        const at::Tensor dy = gradients[0].contiguous();
        const at::Tensor dx = at::empty(x.sizes(), dy.options());
        const at::Tensor dWeight = at::empty(weight.sizes(), dy.options());
        const at::Tensor dBias = bias.defined() ? at::empty(bias.sizes(), dy.options()) : at::Tensor();
        convolveBackward(kernelOperands(weight, bias, x, {batch, x.size(0) / batch}), dy, dx, dWeight, dBias);
        return {dx, dWeight, dBias, at::Tensor()};
    }
};

} // namespace

Convolution channels(const Convolution &convolution, std::int64_t start, std::int64_t length)
{
    return {convolution.weight.narrow(0, start, length),
            convolution.bias.defined() ? convolution.bias.narrow(0, start, length) : at::Tensor()};
}

at::Tensor apply(const Convolution &convolution, const at::Tensor &x, Sequence sequence)
{
    if (recordsGradient({x, convolution.weight, convolution.bias}))
        return ConvolutionFunction::apply(
            x, convolution.weight,
            convolution.bias.defined() ? c10::optional<at::Tensor>(convolution.bias) : c10::nullopt, sequence.batch);
    return convolve(convolution.weight, convolution.bias, x, sequence);
}

at::Tensor resume(const Convolution &convolution, const at::Tensor &x, const Piece &piece, at::Tensor &history)
{
    const auto [batch, time] = piece.sequence;
    const std::int64_t before = convolution.weight.size(-1) - 1;
    const at::Tensor inputs = behindHistory(x, piece, before, history);
    if (!piece.isStep())
        return convolve(convolution.weight, convolution.bias, inputs.flatten(0, 1), {batch, before + time})
            .view(inputs.sizes())
            .narrow(1, before, time)
            .reshape(x.sizes());
    at::Tensor sum = (inputs * convolution.weight.squeeze(1).t()).sum(1);
    if (convolution.bias.defined())
        sum.add_(convolution.bias);
    return at::silu(sum);
}

} // namespace ecdysis::layers
