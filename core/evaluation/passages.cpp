// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/passages.h"

#include <algorithm>
#include <numeric>

#include "core/evaluation/perplexity.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

constexpr std::int64_t lengthStep = 16;

using Indices = std::vector<std::size_t>;

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

} // namespace

std::int64_t filledLength(const Passage &passage)
{
    const auto length = static_cast<std::int64_t>(passage.ids.size());
    return (length + lengthStep - 1) / lengthStep * lengthStep;
}

PassageBatch batchOf(const std::vector<Passage> &passages, const std::vector<std::size_t> &members)
{
    std::int64_t length = 0;
    for (const std::size_t index : members)
        length = std::max(length, filledLength(passages[index]));
    PassageBatch batch{
        .ids = at::zeros({static_cast<std::int64_t>(members.size()), length}, at::kLong), .rows = {}, .classes = {}};
    auto *row = batch.ids.data_ptr<std::int64_t>();
    std::vector<std::int64_t> tokens;
    std::int64_t start = 0;
    for (const std::size_t index : members) {
        std::ranges::copy(passages[index].ids, row + start);
        for (const Target &target : passages[index].targets) {
            batch.rows.push_back(start + target.after);
            tokens.push_back(target.token);
        }
        start += length;
    }
    batch.classes = at::tensor(tokens, at::kLong);
    return batch;
}

void checkIds(const PassageBatch &batch, const architectures::Network &network, const std::string &source)
{
    checkIds(batch.ids, network, source);
    checkIds(batch.classes, network, source);
}

std::vector<Prediction> predictionsOf(const architectures::Network &network, const PassageBatch &batch,
                                      const at::Tensor &residual, const Run &run)
{
    const at::NoGradGuard noGradients;
    const at::Tensor rows = at::tensor(batch.rows, at::kLong).to(residual.device());
    const at::Tensor hidden = network.finalNorm(residual.flatten(0, 1).index_select(0, rows));
    return layers::predictions(hidden, network.head(), batch.classes, run);
}

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
    for (const Indices &members : batches(passages, batchTokens)) {
        const PassageBatch batch = batchOf(passages, members);
        checkIds(batch, network, source);
        const at::Tensor residual = forward(network, batch.ids, model.removed, run);
        const std::vector<Prediction> predicted = predictionsOf(network, batch, residual, run);
        auto next = predicted.begin();
        double tokens = 0;
        for (const std::size_t index : members) {
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
