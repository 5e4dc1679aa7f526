// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/linear.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/kernels/half_product.h"
#include "core/layers/sequence.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// FLOPs of a product that are done at once: on the processor some 30 to 80 ms of two cores, on a GPU the same.
double pieceFlops(const at::Tensor &x)
{
    return x.is_cuda() ? 2e12 : 8e9;
}

std::int64_t roundUp(std::int64_t value, std::int64_t step)
{
    return (value + step - 1) / step * step;
}

/// Whether the device of `x` multiplies bfloat16 itself. Where a processor does not, float32 products of the rounded
/// operands are several times faster than emulation, and no less exact.
bool hasBfloat16Products(const at::Tensor &x)
{
    if (x.is_cuda())
        return true;
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16");
#else
    return true;
#endif
}

/// Calls piece(row, rows, column, columns) for parts of a product small enough to be stopped between. The longer side
/// is cut, so that each part packs little of the other operand again.
void inPieces(std::int64_t rows, std::int64_t columns, std::int64_t depth, double flops, const Run &run,
              const std::function<void(std::int64_t, std::int64_t, std::int64_t, std::int64_t)> &piece)
{
    const auto pieces = static_cast<std::int64_t>(
        std::ceil(2.0 * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(depth) / flops));
    const bool byColumns = columns >= rows;
    const std::int64_t length = byColumns ? columns : rows;
    const std::int64_t step =
        roundUp((length + std::max<std::int64_t>(pieces, 1) - 1) / std::max<std::int64_t>(pieces, 1), 64);
    for (std::int64_t start = 0; start < length; start += step) {
        throwIfStopped(run);
        const std::int64_t count = std::min(step, length - start);
        if (byColumns)
            piece(0, rows, start, count);
        else
            piece(start, count, 0, columns);
    }
}

/// What becomes of a product: out = addend + scale · x Wᵀ. The addend may be undefined, or a row.
struct Sum
{
    at::Tensor addend;
    double scale = 1;

    /// The sum for a part of the output.
    Sum part(std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns) const
    {
        if (!addend.defined())
            return *this;
        return {addend.dim() == 1 ? addend.narrow(0, column, columns)
                                  : addend.narrow(0, row, rows).narrow(1, column, columns),
                scale};
    }
};

/// Rows of which each is multiplied with weights as they are read, instead of widening the weights for all of them, or
/// of handing them to oneDNN.
std::int64_t fewRows(const at::Tensor &x)
{
    return x.scalar_type() == at::kBFloat16 ? 2 : 8;
}

/// x Wᵀ of float32 x and weights in 16 bits.
at::Tensor widenedProduct(const at::Tensor &x, const at::Tensor &weight)
{
    const at::Tensor rows = x.contiguous();
    at::Tensor y = at::empty({x.size(0), weight.size(0)}, x.options());
    kernels::halfProduct(
        {.rows = x.size(0),
         .inputs = x.size(1),
         .outputs = weight.size(0),
         .x = floats(rows),
         .xStride = rowStride(rows),
         .weight = static_cast<const std::uint16_t *>(weight.data_ptr()),
         .weightStride = rowStride(weight),
         .type = weight.scalar_type() == at::kBFloat16 ? kernels::Half::Bfloat16 : kernels::Half::Float16,
         .y = floats(y),
         .yStride = rowStride(y)});
    return y;
}

bool isWidenedWhileRead(const at::Tensor &x, const at::Tensor &weight)
{
    return x.is_cpu() && x.size(0) <= fewRows(x) && weight.element_size() == 2 && weight.stride(1) == 1;
}

void multiplyPiece(at::Tensor out, const Sum &sum, const at::Tensor &x, const at::Tensor &weight)
{
    const at::Tensor &addend = sum.addend;
    const bool few = isWidenedWhileRead(x, weight);
    if (few || x.scalar_type() == at::kBFloat16) {
        const at::Tensor product = few ? widenedProduct(x.to(at::kFloat), weight) : at::linear(x, weight);
        if (addend.defined())
            at::add_out(out, addend, product, sum.scale);
        else if (sum.scale != 1)
            at::mul_out(out, product, at::scalar_tensor(sum.scale, out.options()));
        else
            out.copy_(product);
        return;
    }
    const at::Tensor matrix = weight.to(at::kFloat);
    if (x.size(0) == 1 && out.is_contiguous()) {
        at::Tensor row = out[0];
        if (addend.defined())
            at::addmv_out(row, addend.dim() == 2 ? addend[0] : addend, matrix, x[0], 1, sum.scale);
        else
            at::mv_out(row, matrix, x[0]);
    } else if (addend.defined()) {
        at::addmm_out(out, addend, x, matrix.t(), 1, sum.scale);
        return;
    } else {
        at::mm_out(out, x, matrix.t());
    }
    if (!addend.defined() && sum.scale != 1)
        out.mul_(sum.scale);
}

void multiplyAddInto(const at::Tensor &out, const Sum &sum, const at::Tensor &x, const at::Tensor &weight,
                     const Run &run)
{
    inPieces(x.size(0), weight.size(0), weight.size(1), pieceFlops(x), run,
             [&](std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns) {
                 multiplyPiece(out.narrow(0, row, rows).narrow(1, column, columns),
                               sum.part(row, rows, column, columns), x.narrow(0, row, rows),
                               weight.narrow(0, column, columns));
             });
}

/// What the backward pass is stopped by: the caller's own may be gone by then.
struct KeptRun : torch::CustomClassHolder
{
    explicit KeptRun(const Run &given) : run(given) {}
    Run run;
};

/// y = x Wᵀ with a backward pass whose products can be stopped too. All operands are taken in the precision of x; y and
/// the gradients are float32.
class LinearFunction : public torch::autograd::Function<LinearFunction>
{
public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                              const Linear *linear, const Run *run)
    {
        const at::Tensor matrix = operand(weight, *linear);
        context->save_for_backward({x, matrix});
        context->saved_data["compute"] = static_cast<std::int64_t>(linear->compute);
        context->saved_data["run"] = c10::IValue::make_capsule(c10::make_intrusive<KeptRun>(*run));
        const at::Tensor y = at::empty({x.size(0), weight.size(0)}, x.options().dtype(at::kFloat));
        multiplyAddInto(y, {}, x, matrix, *run);
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients)
    {
        const at::NoGradGuard noGradients;
        const auto kept = context->saved_data["run"].toCapsule();
        const Run &run = static_cast<const KeptRun &>(*kept).run;
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0];
        const at::Tensor &weight = saved[1];
        Linear linear;
        linear.compute = static_cast<at::ScalarType>(context->saved_data["compute"].toInt());
        const at::TensorOptions float32 = gradients[0].options();
        const at::Tensor dy = operand(gradients[0].contiguous(), linear);
        at::Tensor dx;
        at::Tensor dWeight;
        if (context->needs_input_grad(0)) {
            dx = at::empty(x.sizes(), float32);
            multiplyAddInto(dx, {}, dy, weight.t(), run);
        }
        if (context->needs_input_grad(1)) {
            dWeight = at::empty(weight.sizes(), float32);
            multiplyAddInto(dWeight, {}, dy.t(), x.t(), run);
        }
        return {dx, dWeight, at::Tensor(), at::Tensor()};
    }
};

at::Tensor recorded(const Linear &linear, const at::Tensor &x, const Run &run)
{
    at::Tensor y = LinearFunction::apply(x, linear.weight, &linear, &run);
    if (linear.bias.defined())
        y = y + linear.bias;
    return linear.scale == 1 ? y : y * linear.scale;
}

} // namespace

Linear outputs(const Linear &linear, std::int64_t start, std::int64_t length)
{
    Linear part = linear;
    part.weight = linear.weight.narrow(0, start, length);
    if (linear.bias.defined())
        part.bias = linear.bias.narrow(0, start, length);
    return part;
}

at::Tensor operand(const at::Tensor &x, const Linear &linear)
{
    if (linear.compute == at::kFloat)
        return x;
    const at::Tensor rounded = x.to(linear.compute);
    return hasBfloat16Products(x) ? rounded : rounded.to(at::kFloat);
}

at::Tensor apply(const Linear &linear, const at::Tensor &x, const Run &run)
{
    if (linear.tap)
        linear.tap(x);
    if (recordsGradient({x, linear.weight, linear.bias}))
        return recorded(linear, x, run);
    const at::Tensor y = at::empty({x.size(0), linear.weight.size(0)}, x.options().dtype(at::kFloat));
    const bool scaledBias = linear.bias.defined() && linear.scale != 1;
    multiplyAddInto(y, {scaledBias ? linear.bias * linear.scale : linear.bias, linear.scale}, x, linear.weight, run);
    return y;
}

at::Tensor addTo(const at::Tensor &addend, const Linear &linear, const at::Tensor &x, const Run &run)
{
    if (linear.tap)
        linear.tap(x);
    if (recordsGradient({addend, x, linear.weight, linear.bias}))
        return addend + recorded(linear, x, run);
    at::Tensor y = at::empty(addend.sizes(), addend.options());
    multiplyAddInto(y, {addend, linear.scale}, x, linear.weight, run);
    return linear.bias.defined() ? y.add_(linear.bias, linear.scale) : y;
}

void multiplyInto(const at::Tensor &out, const at::Tensor &x, const at::Tensor &weight, const Run &run)
{
    multiplyAddInto(out, {}, x, weight, run);
}

} // namespace ecdysis::layers
