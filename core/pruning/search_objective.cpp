// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/search_objective.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/layers/head.h"
#include "core/pruning/task_objective.h"
#include "core/torch.h"

namespace ecdysis::pruning {

namespace {

std::vector<std::size_t> sequencesOf(const std::vector<at::Tensor> &batches)
{
    std::vector<std::size_t> counts;
    for (const at::Tensor &ids : batches)
        counts.push_back(static_cast<std::size_t>(ids.size(0)));
    return counts;
}

Objective nll(const Model::State &, const data::Windows *windows, const evaluation::TaskSet *, std::int64_t tokens,
              const Run &)
{
    auto batches = std::make_shared<const std::vector<at::Tensor>>(data::batches(*windows, tokens));
    return {.batches = *batches,
            .items = sequencesOf(*batches),
            .measure = [batches, protocol = windows->calibration.protocol](
                           const architectures::Network &network, std::size_t batch, const at::Tensor &residual,
                           const Run &run) -> Figures {
                return {evaluation::windowLosses(network, residual, (*batches)[batch], protocol, run), {}};
            }};
}

Objective kl(const Model::State &model, const data::Windows *windows, const evaluation::TaskSet *, std::int64_t tokens,
             const Run &run)
{
    const auto batches = data::batches(*windows, tokens);
    const std::vector<architectures::Removed> nothing(static_cast<std::size_t>(model.card().layers));
    const WindowProtocol &protocol = windows->calibration.protocol;
    auto dense = std::make_shared<std::vector<at::Tensor>>();
    for (const at::Tensor &ids : batches)
        dense->push_back(evaluation::predictingStates(
            *model.network, evaluation::forward(*model.network, ids, nothing, run), protocol));
    return {.batches = batches,
            .items = sequencesOf(batches),
            .passes = 2,
            .measure = [dense = std::shared_ptr<const std::vector<at::Tensor>>(dense),
                        protocol](const architectures::Network &network, std::size_t batch, const at::Tensor &residual,
                                  const Run &measuring) -> Figures {
                const at::Tensor states = evaluation::predictingStates(network, residual, protocol);
                const std::vector<double> rows = layers::divergence((*dense)[batch], states, network.head(), measuring);
                const auto items = static_cast<std::size_t>(residual.size(0));
                const std::size_t count = rows.size() / items;
                std::vector<double> means(items, 0);
                for (std::size_t i = 0; i < rows.size(); ++i)
                    means[i / count] += rows[i] / static_cast<double>(count);
                return {means, {}};
            }};
}

constexpr ObjectiveKind kinds[] = {
    {"nll", "mean negative log-likelihood, nats per token", false, nll},
    {"kl", "mean Kullback-Leibler divergence from the dense model's predictions, nats per token", false, kl},
    {"accuracy", "share of errors on zero-shot tasks, mean over tasks", true, taskErrors},
};

} // namespace

std::size_t Objective::itemCount() const
{
    return std::accumulate(items.begin(), items.end(), std::size_t{0});
}

std::span<const ObjectiveKind> objectives()
{
    return kinds;
}

const ObjectiveKind &objectiveNamed(const std::string &name)
{
    for (const ObjectiveKind &kind : kinds)
        if (name == kind.name)
            return kind;
    std::vector<std::string> known;
    for (const ObjectiveKind &kind : kinds)
        known.emplace_back(kind.name);
    throw Exception(ErrorCode::InvalidArgument,
                    fmt::format("an objective expected ({}), \"{}\" found", fmt::join(known, ", "), name));
}

} // namespace ecdysis::pruning
