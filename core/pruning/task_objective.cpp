// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/task_objective.h"

#include <cmath>
#include <limits>
#include <memory>

namespace ecdysis::pruning {

namespace {

/// A batch of items of one task.
struct Part
{
    const data::ChoiceTask *task = nullptr;
    double weight = 1; ///< of each item
    evaluation::ItemBatch batch;
};

void add(Figures &figures, const Part &part, const Answer &answer, std::size_t index)
{
    const std::size_t gold = part.task->items[part.batch.items[index]].gold;
    const auto tokens = static_cast<double>(part.batch.readings[index][gold].count);
    const double nll = -answer.logLikelihoods[gold] / tokens;
    const double error = answer.correct ? 0 : part.weight;
    figures.losses.push_back(std::isnan(nll) ? std::numeric_limits<double>::quiet_NaN() : error);
    figures.ties.push_back(part.weight * nll);
}

std::vector<Part> partsOf(const evaluation::TaskSet &set, std::int64_t tokens)
{
    std::vector<Part> parts;
    for (std::size_t i = 0; i < set.tasks.size(); ++i) {
        const double share = static_cast<double>(set.items()) / static_cast<double>(set.tasks.size());
        const double weight = share / static_cast<double>(set.tasks[i].items.size());
        for (evaluation::ItemBatch &batch : evaluation::itemBatches(set.tokens[i], tokens))
            parts.push_back({&set.tasks[i], weight, std::move(batch)});
    }
    return parts;
}

} // namespace

Objective taskErrors(const Model::State &model, const data::Windows *, const evaluation::TaskSet *tasks,
                     std::int64_t tokens, const Run &)
{
    const auto parts = std::make_shared<const std::vector<Part>>(partsOf(*tasks, tokens));
    Objective objective;
    double asked = 0, computed = 0;
    for (const Part &part : *parts) {
        evaluation::checkIds(part.batch.passages, *model.network, part.task->name);
        objective.batches.push_back(part.batch.passages.ids);
        objective.items.push_back(part.batch.items.size());
        asked += static_cast<double>(part.batch.passages.rows.size());
        computed += static_cast<double>(part.batch.passages.ids.numel());
    }
    objective.passes = asked / computed; // the head is used for what is asked alone
    objective.measure = [parts](const architectures::Network &network, std::size_t batch, const at::Tensor &residual,
                                const Run &run) {
        const Part &part = (*parts)[batch];
        const auto predicted = evaluation::predictionsOf(network, part.batch.passages, residual, run);
        const auto answers = evaluation::answersOf(*part.task, part.batch, predicted);
        Figures figures;
        for (std::size_t i = 0; i < answers.size(); ++i)
            add(figures, part, answers[i], i);
        return figures;
    };
    return objective;
}

} // namespace ecdysis::pruning
