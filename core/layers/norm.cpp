// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/norm.h"

#include "core/kernels/norm.h"
#include "core/layers/sequence.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

/// On a GPU LibTorch's operators will do: they take a few microseconds each beside the products of a layer.
bool takesOperators(std::initializer_list<at::Tensor> tensors)
{
    return tensors.begin()->is_cuda() || recordsGradient(tensors);
}

at::Tensor normalised(const at::Tensor &x, double epsilon)
{
    return x * (x.square().mean(-1, true) + epsilon).rsqrt();
}

} // namespace

at::Tensor apply(const RmsNorm &norm, const at::Tensor &x)
{
    if (!norm.weight.defined())
        return normalised(x, norm.epsilon);
    if (takesOperators({x, norm.weight}))
        return normalised(x, norm.epsilon) * norm.weight;
    const at::Tensor rows = x.contiguous();
    const at::Tensor y = at::empty_like(rows);
    const std::int64_t columns = x.size(-1);
    kernels::rmsNorm(floats(rows), floats(norm.weight), static_cast<float>(norm.epsilon), x.numel() / columns, columns,
                     floats(y));
    return y;
}

at::Tensor applyGated(const RmsNorm &norm, const at::Tensor &x, const at::Tensor &gate, std::int64_t group)
{
    if (takesOperators({x, gate, norm.weight})) {
        const at::Tensor groups = (x * at::silu(gate)).unflatten(-1, {-1, group});
        return normalised(groups, norm.epsilon).flatten(-2) * norm.weight;
    }
    const at::Tensor y = at::empty(x.sizes(), x.options());
    kernels::gatedRmsNorm(floats(x), floats(gate), rowStride(gate), floats(norm.weight),
                          static_cast<float>(norm.epsilon), x.size(0), x.size(1), group, floats(y));
    return y;
}

at::Tensor applyGrouped(const RmsNorm &norm, const at::Tensor &x, std::int64_t group)
{
    return normalised(x.unflatten(-1, {-1, group}), norm.epsilon).flatten(-2) * norm.weight;
}

at::Tensor gated(const at::Tensor &x, const at::Tensor &gate)
{
    if (takesOperators({x, gate}))
        return x * at::silu(gate);
    const at::Tensor y = at::empty(x.sizes(), x.options());
    kernels::gate(floats(x), floats(gate), rowStride(gate), x.size(0), x.size(1), floats(y));
    return y;
}

} // namespace ecdysis::layers
