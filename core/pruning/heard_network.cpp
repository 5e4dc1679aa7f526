// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/heard_network.h"

#include "core/torch.h"

namespace ecdysis::pruning {

HeardNetwork::HeardNetwork(const ModelFiles &files, architectures::Weights weights)
    : m_files(files), m_weights(std::move(weights))
{
    layers::Observers observers;
    observers.linear = [heard = m_heard](const std::string &weight, const at::Tensor &x) {
        if (weight == heard->weight)
            heard->x.push_back(x.to(at::kFloat));
    };
    m_weights.observers = std::make_shared<const layers::Observers>(std::move(observers));
    build();
}

void HeardNetwork::build()
{
    m_network = buildNetwork(m_files, m_weights);
}

void HeardNetwork::replace(const std::string &weight, const at::Tensor &value)
{
    m_weights[weight] = value;
    build();
}

at::Tensor HeardNetwork::operands(const std::string &weight, int layer, const architectures::Stream &stream,
                                  const architectures::Removed &removed, const Run &run) const
{
    *m_heard = {.weight = weight, .x = {}};
    m_network->layer(layer, stream, {&removed, 1}, run);
    const std::vector<at::Tensor> heard = std::move(m_heard->x);
    *m_heard = {};
    return heard.empty() ? at::Tensor() : at::cat(heard);
}

} // namespace ecdysis::pruning
