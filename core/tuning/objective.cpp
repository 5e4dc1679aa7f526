// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/objective.h"

#include "core/evaluation/perplexity.h"
#include "core/layers/head.h"
#include "core/torch.h"

namespace ecdysis::tuning {

namespace {

using WeightedLoss = std::pair<double, layers::LogitLoss>;

/// The weighted sum of losses of the same logits.
layers::LogitLoss sumOf(std::vector<WeightedLoss> losses)
{
    if (losses.size() == 1 && losses.front().first == 1)
        return losses.front().second;
    return [losses = std::move(losses)](at::Tensor &logits, std::int64_t first) {
        at::Tensor gradient = at::zeros_like(logits);
        double sum = 0;
        for (const auto &[weight, loss] : losses) {
            at::Tensor part = logits.clone();
            sum += weight * loss(part, first);
            gradient.add_(part, weight);
        }
        logits = gradient;
        return sum;
    };
}

/// Mean squared distance, as a share of the mean square of what is wanted.
at::Tensor distance(const at::Tensor &hidden, const at::Tensor &wanted)
{
    const at::Tensor difference = hidden - wanted;
    return (difference * difference).mean() / (wanted * wanted).mean();
}

at::Tensor teacherHidden(const architectures::Network &teacher, const data::Examples &batch,
                         const Predictions &predictions, const Run &run)
{
    const at::NoGradGuard noGradients;
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(teacher.layers()));
    return hiddenOf(teacher, evaluation::forward(teacher, batch.ids, nothing, run), predictions);
}

} // namespace

Predictions predictionsOf(const data::Examples &batch)
{
    const std::int64_t predicted = batch.ids.size(1) - 1;
    const at::Tensor rows = batch.labels.narrow(1, 1, predicted).reshape({-1}).nonzero().squeeze(1);
    return {rows, batch.ids.narrow(1, 1, predicted).reshape({-1}).index_select(0, rows)};
}

at::Tensor hiddenOf(const architectures::Network &network, const at::Tensor &residual, const Predictions &predictions)
{
    const at::Tensor all = residual.narrow(1, 0, residual.size(1) - 1).reshape({-1, residual.size(2)});
    return network.finalNorm(all.index_select(0, predictions.rows.to(all.device())));
}

evaluation::StreamLoss lossOf(const architectures::Network &student, const data::Examples &batch,
                              const architectures::Network &teacher, const Objective &objective, double share,
                              const Run &run)
{
    const Predictions predictions = predictionsOf(batch);
    const at::Tensor wanted = objective.distils() ? teacherHidden(teacher, batch, predictions, run) : at::Tensor();
    std::vector<WeightedLoss> losses;
    if (objective.labels > 0)
        losses.emplace_back(objective.labels, layers::likelihoodLoss(predictions.targets));
    if (objective.divergence > 0)
        losses.emplace_back(objective.divergence,
                            layers::divergenceLoss(wanted, teacher.head(), objective.temperature, run));
    return [&student, &run, predictions, wanted, objective, share,
            losses = std::move(losses)](const at::Tensor &residual) {
        const at::Tensor hidden = hiddenOf(student, residual, predictions);
        at::Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble));
        if (!losses.empty())
            loss = loss + layers::meanOfLogitLoss(hidden, student.head(), sumOf(losses), run);
        if (objective.hidden > 0)
            loss = loss + objective.hidden * distance(hidden, wanted);
        return loss * share;
    };
}

} // namespace ecdysis::tuning
