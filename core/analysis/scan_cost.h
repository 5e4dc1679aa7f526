// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/values/cell.h"
#include "core/values/model_card.h"

namespace ecdysis::analysis {

/// What the parts of a forward pass cost, in FLOPs per token.
class ScanCost
{
public:
    explicit ScanCost(const ModelCard &card);

    double layer(int index) const { return m_layers.at(static_cast<std::size_t>(index)); }
    double layers(int from, int to) const; ///< sum over from … to - 1
    double head() const { return m_head; }
    double evaluation() const { return m_evaluation; }

    /// Measuring a removal from the residual stream entering its layer: what is left of the layer, the later ones, the
    /// head.
    double cell(const Cell &cell) const;
    /// What is left of the cell's own layer.
    double reducedLayer(const Cell &cell) const;

private:
    const ModelCard &m_card;
    std::vector<double> m_layers;
    double m_evaluation = 0;
    double m_head = 0;
};

} // namespace ecdysis::analysis
