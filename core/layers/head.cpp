// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/head.h"

#include <functional>
#include <numeric>

#include "core/kernels/norm.h"
#include "core/layers/linear.h"
#include "core/layers/sequence.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Rows whose logits are held at once: 16 MB of them, for products of few rows are slow, but at least 256 rows, which
/// of 50,280 classes take 51 MB. A GPU wants more work at a time.
std::int64_t rowsAtOnce(const at::Tensor &hidden, const Linear &head)
{
    return hidden.is_cuda() ? 1024 : std::max<std::int64_t>(256, (std::int64_t{1} << 22) / head.weight.size(0));
}

/// Negative log-likelihood of each row. Operands on one device, `losses` in memory.
void lossOfRows(const at::Tensor &logits, const at::Tensor &targets, double *losses)
{
    if (logits.is_cuda()) {
        const at::Tensor rows =
            at::cross_entropy_loss(logits, targets, {}, at::Reduction::None).to(at::kCPU, at::kDouble);
        std::copy_n(rows.data_ptr<double>(), rows.numel(), losses);
        return;
    }
    kernels::crossEntropy(floats(logits), targets.data_ptr<std::int64_t>(), logits.size(0), logits.size(1), losses);
}

class LossFunction : public torch::autograd::Function<LossFunction>
{
public:
    static at::Tensor forward(AutogradContext *context, const at::Tensor &hidden, const at::Tensor &weight,
                              const Linear *head, const LogitLoss *loss, const Run *run)
    {
        const std::int64_t rows = hidden.size(0);
        const at::Tensor dHidden = at::empty_like(hidden);
        const at::Tensor dHead = weight.requires_grad() ? at::zeros_like(weight) : at::Tensor();
        const at::Tensor x = operand(hidden, *head), matrix = operand(weight, *head);
        const std::int64_t step = rowsAtOnce(hidden, *head);
        double sum = 0;
        for (std::int64_t start = 0; start < rows; start += step) {
            const std::int64_t count = std::min(step, rows - start);
            const at::Tensor part = x.narrow(0, start, count);
            at::Tensor logits = at::empty({count, weight.size(0)}, hidden.options());
            multiplyInto(logits, part, matrix, *run);
            sum += (*loss)(logits, start);
            const at::Tensor gradient = operand(logits.div_(static_cast<double>(rows)), *head);
            multiplyInto(dHidden.narrow(0, start, count), gradient, matrix.t(), *run);
            if (dHead.defined())
                addProduct(dHead, gradient, part, *run);
        }
        context->save_for_backward({dHidden, dHead});
        return at::scalar_tensor(sum / static_cast<double>(rows), hidden.options().dtype(at::kDouble));
    }

    static variable_list backward(AutogradContext *context, variable_list gradients)
    {
        const auto saved = context->get_saved_variables();
        const double scale = gradients[0].item<double>();
        return {saved[0] * scale, saved[1].defined() ? saved[1] * scale : saved[1], at::Tensor(), at::Tensor(),
                at::Tensor()};
    }

private:
    /// dHead += dLogitsᵀ · hidden, a slice of the vocabulary at a time.
    static void addProduct(const at::Tensor &dHead, const at::Tensor &dLogits, const at::Tensor &hidden, const Run &run)
    {
        constexpr std::int64_t classesAtOnce = 8192;
        for (std::int64_t start = 0; start < dHead.size(0); start += classesAtOnce) {
            throwIfStopped(run);
            const std::int64_t count = std::min(classesAtOnce, dHead.size(0) - start);
            const at::Tensor slice = dLogits.narrow(1, start, count).t();
            at::Tensor sum = dHead.narrow(0, start, count);
            if (hidden.scalar_type() == at::kFloat)
                sum.addmm_(slice, hidden);
            else
                sum.add_(at::mm(slice, hidden));
        }
    }
};

/// The factor of the logits, taken of their narrower operand.
at::Tensor scaled(const at::Tensor &hidden, const Linear &head)
{
    return head.scale == 1 ? hidden : hidden * head.scale;
}

/// Calls visit(logits, targets, first row) for a few rows of `hidden` at a time.
void forSomeRows(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets, const Run &run,
                 const std::function<void(const at::Tensor &, const at::Tensor &, std::int64_t)> &visit)
{
    const std::int64_t rows = hidden.size(0);
    const at::Tensor x = operand(scaled(hidden, head), head);
    const at::Tensor classes = targets.to(hidden.device());
    const std::int64_t step = std::min(rowsAtOnce(hidden, head), rows);
    const at::Tensor logits = at::empty({step, head.weight.size(0)}, hidden.options());
    for (std::int64_t start = 0; start < rows; start += step) {
        const std::int64_t count = std::min(step, rows - start);
        const at::Tensor part = logits.narrow(0, 0, count);
        multiplyInto(part, x.narrow(0, start, count), head.weight, run);
        visit(part, classes.narrow(0, start, count), start);
    }
}

} // namespace

std::vector<double> negativeLogLikelihood(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                          const Run &run)
{
    std::vector<double> losses(static_cast<std::size_t>(hidden.size(0)));
    forSomeRows(hidden, head, targets, run,
                [&](const at::Tensor &logits, const at::Tensor &classes, std::int64_t start) {
                    lossOfRows(logits, classes, losses.data() + start);
                });
    return losses;
}

std::vector<double> divergence(const at::Tensor &hidden, const at::Tensor &other, const Linear &head, const Run &run)
{
    const at::NoGradGuard noGradients;
    const auto logProbabilities = [&](const at::Tensor &rows) {
        return at::log_softmax(apply(head, operand(rows, head), run), 1);
    };
    std::vector<double> divergences;
    const std::int64_t step = rowsAtOnce(hidden, head);
    for (std::int64_t start = 0; start < hidden.size(0); start += step) {
        const std::int64_t count = std::min(step, hidden.size(0) - start);
        const at::Tensor p = logProbabilities(hidden.narrow(0, start, count));
        const at::Tensor q = logProbabilities(other.narrow(0, start, count));
        const at::Tensor sums = (p.exp() * (p - q)).sum(1).to(at::kCPU, at::kDouble);
        divergences.insert(divergences.end(), sums.data_ptr<double>(), sums.data_ptr<double>() + count);
    }
    return divergences;
}

std::vector<Prediction> predictions(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                    const Run &run)
{
    std::vector<Prediction> results;
    std::vector<double> losses(static_cast<std::size_t>(hidden.size(0)));
    forSomeRows(
        hidden, head, targets, run, [&](const at::Tensor &logits, const at::Tensor &classes, std::int64_t start) {
            lossOfRows(logits, classes, losses.data() + start);
            const at::Tensor own = logits.gather(1, classes.unsqueeze(1)).squeeze(1);
            const at::Tensor likeliest = (own == logits.amax(1)).to(at::kCPU);
            for (std::int64_t row = 0; row < likeliest.size(0); ++row)
                results.push_back({losses[static_cast<std::size_t>(start + row)], likeliest.data_ptr<bool>()[row]});
        });
    return results;
}

at::Tensor meanOfLogitLoss(const at::Tensor &hidden, const Linear &head, const LogitLoss &loss, const Run &run)
{
    return LossFunction::apply(scaled(hidden, head), head.weight, &head, &loss, &run);
}

LogitLoss likelihoodLoss(const at::Tensor &targets)
{
    return [targets](at::Tensor &logits, std::int64_t first) {
        const at::Tensor classes = targets.narrow(0, first, logits.size(0)).to(logits.device());
        std::vector<double> losses(static_cast<std::size_t>(logits.size(0)));
        lossOfRows(logits, classes, losses.data());
        logits = at::softmax(logits, 1);
        logits.scatter_add_(1, classes.unsqueeze(1), at::full({logits.size(0), 1}, -1.0, logits.options()));
        return std::accumulate(losses.begin(), losses.end(), 0.0);
    };
}

LogitLoss divergenceLoss(const at::Tensor &teacherHidden, const Linear &teacherHead, double temperature, const Run &run)
{
    const at::Tensor x = operand(scaled(teacherHidden, teacherHead), teacherHead);
    return [x, weight = teacherHead.weight, temperature, &run](at::Tensor &logits, std::int64_t first) {
        const at::Tensor wanted = at::empty(logits.sizes(), logits.options());
        multiplyInto(wanted, x.narrow(0, first, logits.size(0)), weight, run);
        const at::Tensor teacher = at::log_softmax(wanted.div_(temperature), 1);
        const at::Tensor student = at::log_softmax(logits.div_(temperature), 1);
        const at::Tensor probabilities = teacher.exp();
        const double sum = (probabilities * (teacher - student)).sum(at::kDouble).item<double>();
        logits = student.exp().sub_(probabilities).mul_(temperature);
        return temperature * temperature * sum;
    };
}

at::Tensor meanNegativeLogLikelihood(const at::Tensor &hidden, const Linear &head, const at::Tensor &targets,
                                     const Run &run)
{
    return meanOfLogitLoss(hidden, head, likelihoodLoss(targets), run);
}

} // namespace ecdysis::layers
