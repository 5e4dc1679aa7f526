// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/passages.h"

#include <algorithm>
#include <numeric>

#include "core/evaluation/perplexity.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

/// Lengths are rounded up to a multiple of this, so that products have few different shapes, all of whole tiles.
constexpr std::int64_t lengthStep = 16;

using Indices = std::vector<std::size_t>;

std::int64_t filledLength(const Passage &passage)
{
    const auto length = static_cast<std::int64_t>(passage.ids.size());
    return (length + lengthStep - 1) / lengthStep * lengthStep;
}

/// Passages in groups of one filled length each, the longest first: what memory it takes shows at once.
std::vector<Indices> batches(const std::vector<Passage> &passages, std::int64_t batchTokens)
{
    Indices order(passages.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return filledLength(passages[i]); });
    std::vector<Indices> groups;
    for (const std::size_t index : order) {
        const std::int64_t length = filledLength(passages[index]);
        const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, batchTokens / length));
        if (groups.empty() || groups.back().size() >= most || filledLength(passages[groups.back().front()]) != length)
            groups.emplace_back();
        groups.back().push_back(index);
    }
    return groups;
}

/// (passage, token), filled up with 0.
at::Tensor idsOf(const std::vector<Passage> &passages, const Indices &batch)
{
    const std::int64_t length = filledLength(passages[batch.front()]);
    const at::Tensor ids = at::zeros({static_cast<std::int64_t>(batch.size()), length}, at::kLong);
    auto *row = ids.data_ptr<std::int64_t>();
    for (const std::size_t index : batch) {
        std::ranges::copy(passages[index].ids, row);
        row += length;
    }
    return ids;
}

/// The targets of a batch as rows of (passage · time, …), and as classes.
struct TargetRows
{
    std::vector<std::int64_t> rows, tokens;
};

TargetRows targetsOf(const std::vector<Passage> &passages, const Indices &batch)
{
    const std::int64_t length = filledLength(passages[batch.front()]);
    TargetRows result;
    std::int64_t start = 0;
    for (const std::size_t index : batch) {
        for (const Target &target : passages[index].targets) {
            result.rows.push_back(start + target.after);
            result.tokens.push_back(target.token);
        }
        start += length;
    }
    return result;
}

} // namespace

std::int64_t tokensOf(const std::vector<Passage> &passages)
{
    std::int64_t tokens = 0;
    for (const Passage &passage : passages)
        tokens += static_cast<std::int64_t>(passage.ids.size());
    return tokens;
}

std::vector<std::vector<Prediction>> predict(const pruning::AppliedPlan &model, const std::vector<Passage> &passages,
                                             std::int64_t batchTokens, const std::string &stage,
                                             const std::string &source, const Run &run)
{
    const at::NoGradGuard noGradients;
    const architectures::Network &network = *model.network;
    ProgressMeter meter(run, stage, static_cast<double>(tokensOf(passages)), static_cast<int>(passages.size()));
    std::vector<std::vector<Prediction>> results(passages.size());
    for (const Indices &batch : batches(passages, batchTokens)) {
        const at::Tensor ids = idsOf(passages, batch);
        const TargetRows targets = targetsOf(passages, batch);
        checkIds(ids, network, source);
        const at::Tensor residual = forward(network, ids, model.removed, run);
        const at::Tensor rows = at::tensor(targets.rows, at::kLong).to(residual.device());
        const at::Tensor classes = at::tensor(targets.tokens, at::kLong);
        checkIds(classes, network, source);
        const at::Tensor hidden = network.finalNorm(residual.flatten(0, 1).index_select(0, rows));
        const std::vector<Prediction> predicted = layers::predictions(hidden, network.head(), classes, run);
        auto next = predicted.begin();
        double tokens = 0;
        for (const std::size_t index : batch) {
            const auto count = static_cast<std::ptrdiff_t>(passages[index].targets.size());
            results[index].assign(next, next + count);
            next += count;
            tokens += static_cast<double>(passages[index].ids.size());
            meter.finishStep();
        }
        meter.advance(tokens);
    }
    return results;
}

} // namespace ecdysis::evaluation
