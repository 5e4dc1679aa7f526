// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/objective.h"

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

/// What a student is to come near, at the rows that predict a label.
struct Teaching
{
    at::Tensor hidden;              ///< (row, channel)
    std::vector<at::Tensor> layers; ///< the residual streams after each layer, where the objective compares them
};

/// The rows of a residual stream at the positions of tokens that predict a label.
at::Tensor rowsOf(const at::Tensor &residual, const Predictions &predictions)
{
    const at::Tensor all = residual.narrow(1, 0, residual.size(1) - 1).reshape({-1, residual.size(2)});
    return all.index_select(0, predictions.rows.to(all.device()));
}

Teaching teach(const architectures::Network &teacher, const data::Examples &batch, const Predictions &predictions,
               const Objective &objective, const Run &run)
{
    const at::NoGradGuard noGradients;
    const std::vector<architectures::Removed> nothing(1);
    Teaching teaching;
    architectures::Stream stream = teacher.embed(batch.ids);
    for (int layer = 0; layer < teacher.layers(); ++layer) {
        stream = teacher.layer(layer, stream, nothing, run).front();
        if (objective.layers > 0)
            teaching.layers.push_back(rowsOf(teacher.atTokens(stream.residual), predictions));
    }
    teaching.hidden = hiddenOf(teacher, teacher.atTokens(stream.residual), predictions);
    return teaching;
}

/// The loss after each layer that is left.
std::map<int, evaluation::StreamLoss> layerLosses(std::span<const architectures::Removed> removed,
                                                  const Predictions &predictions, const Teaching &teaching,
                                                  double weight)
{
    std::map<int, evaluation::StreamLoss> losses;
    for (std::size_t layer = 0; layer < teaching.layers.size(); ++layer)
        if (!removed[layer].contains("block"))
            losses[static_cast<int>(layer)] = {};
    const double share = weight / static_cast<double>(std::max<std::size_t>(losses.size(), 1));
    for (auto &[layer, loss] : losses)
        loss = [predictions, share, wanted = teaching.layers[static_cast<std::size_t>(layer)]](
                   const at::Tensor &residual) { return share * distance(rowsOf(residual, predictions), wanted); };
    return losses;
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
    return network.finalNorm(rowsOf(residual, predictions));
}

evaluation::PassLoss lossOf(const architectures::Network &student, std::span<const architectures::Removed> removed,
                            const data::Examples &batch, const architectures::Network &teacher,
                            const Objective &objective, double share, const Run &run)
{
    const Predictions predictions = predictionsOf(batch);
    const Teaching teaching = objective.distils() ? teach(teacher, batch, predictions, objective, run) : Teaching();
    std::vector<WeightedLoss> losses;
    if (objective.labels > 0)
        losses.emplace_back(objective.labels, layers::likelihoodLoss(predictions.targets));
    if (objective.divergence > 0)
        losses.emplace_back(objective.divergence,
                            layers::divergenceLoss(teaching.hidden, teacher.head(), objective.temperature, run));
    const auto last = [&student, &run, predictions, wanted = teaching.hidden, objective, share,
                       losses = std::move(losses)](const at::Tensor &residual) {
        const at::Tensor hidden = hiddenOf(student, residual, predictions);
        at::Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble));
        if (!losses.empty())
            loss = loss + layers::meanOfLogitLoss(hidden, student.head(), sumOf(losses), run);
        if (objective.hidden > 0)
            loss = loss + objective.hidden * distance(hidden, wanted);
        return loss * share;
    };
    return {last, layerLosses(removed, predictions, teaching, objective.layers * share)};
}

} // namespace ecdysis::tuning
