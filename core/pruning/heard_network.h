// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>

#include "core/model.h"

namespace ecdysis::pruning {

/// A network that can be listened to: what one of its projections is given.
class HeardNetwork
{
public:
    HeardNetwork(const ModelFiles &files, architectures::Weights weights);

    const architectures::Network &network() const { return *m_network; }
    /// The weights, of which the network can be built again once some are new.
    const architectures::Weights &weights() const { return m_weights; }
    void replace(const std::string &weight, const at::Tensor &value);

    /// Computes a layer; the operands (rows, in), float32, of its products with `weight`, one below the other;
    /// undefined where there are none.
    at::Tensor operands(const std::string &weight, int layer, const architectures::Stream &stream,
                        const architectures::Removed &removed, const Run &run) const;

private:
    struct Heard
    {
        std::string weight;
        std::vector<at::Tensor> x;
    };

    void build();

    const ModelFiles &m_files;
    std::shared_ptr<Heard> m_heard = std::make_shared<Heard>();
    architectures::Weights m_weights;
    std::shared_ptr<const architectures::Network> m_network;
};

} // namespace ecdysis::pruning
