// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/evaluation/outputs.h"

#include <limits>

#include <fmt/format.h>

#include "core/evaluation/perplexity.h"
#include "core/exception.h"
#include "core/layers/linear.h"
#include "core/pruning/applied_plan.h"
#include "core/torch.h"

namespace ecdysis::evaluation {

namespace {

double nextTokenLoss(const architectures::Network &network, const at::Tensor &residual, const at::Tensor &ids,
                     const Run &run)
{
    if (ids.size(1) < 2)
        return std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    for (double loss : windowLosses(network, residual, ids, {}, run))
        sum += loss;
    return sum / static_cast<double>(ids.size(0));
}

} // namespace

void checkIds(const at::Tensor &ids, const architectures::Network &network)
{
    const std::int64_t vocabulary = network.head().weight.size(0);
    const std::int64_t smallest = ids.min().item<std::int64_t>();
    const std::int64_t largest = ids.max().item<std::int64_t>();
    if (smallest < 0 || largest >= vocabulary)
        throw Exception(ErrorCode::InvalidArgument, fmt::format("expected token ids from 0 to {}, found {}",
                                                                vocabulary - 1, smallest < 0 ? smallest : largest));
}

Outputs outputs(const Model::State &model, const at::Tensor &ids, const Plan &plan, const Run &run)
{
    const at::NoGradGuard noGradients;
    useThreads(model.options);
    const pruning::AppliedPlan applied = pruning::apply(model, plan);
    const architectures::Network &network = *applied.network;
    checkIds(ids, network);

    Outputs result;
    architectures::Stream stream = network.embed(ids);
    result.hidden.push_back(network.atTokens(stream.residual));
    for (int layer = 0; layer < network.layers(); ++layer) {
        const auto index = static_cast<std::size_t>(layer);
        stream = network.layer(layer, stream, std::span(applied.removed).subspan(index, 1), run).front();
        result.hidden.push_back(network.atTokens(stream.residual));
    }
    const at::Tensor hidden = network.finalNorm(result.hidden.back());
    if (model.files.architecture->hiddenStates == architectures::HiddenStates::FromEmbedding)
        result.hidden.back() = hidden;
    else {
        result.hidden.erase(result.hidden.begin());
        result.hidden.push_back(hidden);
    }
    const layers::Linear &head = network.head();
    result.logits = layers::apply(head, layers::operand(hidden.flatten(0, 1), head), run)
                        .view({ids.size(0), ids.size(1), head.weight.size(0)});
    result.loss = nextTokenLoss(network, network.atTokens(stream.residual), ids, run);
    return result;
}

} // namespace ecdysis::evaluation
