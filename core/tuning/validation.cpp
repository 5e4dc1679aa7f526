// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/tuning/validation.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "core/evaluation/perplexity.h"
#include "core/layers/head.h"
#include "core/torch.h"
#include "core/tuning/objective.h"

namespace ecdysis::tuning {

namespace {

/// As many tokens at once as measurements take (core/data/windows).
constexpr std::int64_t tokensOfBatch = 2048;

/// Losses of one example's labels.
struct Sum
{
    double losses = 0;
    double labels = 0;
};

Estimate ratio(const std::vector<Sum> &sums)
{
    Sum all;
    for (const Sum &sum : sums)
        all = {all.losses + sum.losses, all.labels + sum.labels};
    const double value = all.losses / all.labels;
    double squares = 0;
    for (const Sum &sum : sums)
        squares += (sum.losses - value * sum.labels) * (sum.losses - value * sum.labels);
    const auto count = static_cast<double>(sums.size());
    return {value, count < 2 ? std::numeric_limits<double>::quiet_NaN()
                             : std::sqrt(squares * count / (count - 1)) / all.labels};
}

} // namespace

Estimate validate(const architectures::Network &network, std::span<const architectures::Removed> removed,
                  const data::Examples &examples, const Run &run)
{
    const at::NoGradGuard noGradients;
    const std::int64_t atOnce = std::max<std::int64_t>(1, tokensOfBatch / examples.ids.size(1));
    std::vector<Sum> sums(static_cast<std::size_t>(examples.count()));
    for (std::int64_t first = 0; first < examples.count(); first += atOnce) {
        std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(atOnce, examples.count() - first)));
        std::iota(indices.begin(), indices.end(), first);
        const data::Examples batch = data::chosen(examples, indices);
        const Predictions predictions = predictionsOf(batch);
        const at::Tensor hidden = hiddenOf(network, evaluation::forward(network, batch.ids, removed, run), predictions);
        const auto losses = layers::negativeLogLikelihood(hidden, network.head(), predictions.targets, run);
        const std::int64_t *row = predictions.rows.data_ptr<std::int64_t>();
        for (const double loss : losses) {
            Sum &sum = sums[static_cast<std::size_t>(first + *row++ / (batch.ids.size(1) - 1))];
            sum = {sum.losses + loss, sum.labels + 1};
        }
    }
    return ratio(sums);
}

Estimate evaluate(const architectures::Network &network, std::span<const architectures::Removed> removed,
                  const data::Windows &windows, const Run &run)
{
    std::vector<double> losses;
    for (const at::Tensor &ids : data::batches(windows))
        for (const double loss : evaluation::windowLosses(network, evaluation::forward(network, ids, removed, run), ids,
                                                          windows.calibration.protocol, run))
            losses.push_back(loss);
    return mean(losses);
}

} // namespace ecdysis::tuning
