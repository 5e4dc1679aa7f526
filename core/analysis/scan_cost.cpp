// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/analysis/scan_cost.h"

#include <algorithm>
#include <numeric>

namespace ecdysis::analysis {

ScanCost::ScanCost(const ModelCard &card)
    : m_card(card), m_layers(static_cast<std::size_t>(card.layers), 0.0), m_evaluation(card.flopsPerToken)
{
    for (const Unit &unit : card.units)
        if (unit.kind == "block")
            m_layers.at(static_cast<std::size_t>(unit.layer)) = unit.flopsPerToken;
    m_head = m_evaluation - layers(0, card.layers);
}

double ScanCost::layers(int from, int to) const
{
    return std::accumulate(m_layers.begin() + from, m_layers.begin() + to, 0.0);
}

double ScanCost::reducedLayer(const Cell &cell) const
{
    const auto unit = std::ranges::find(m_card.units, cell.unit, &Unit::id);
    // What several layers share may weigh more than the one it is listed with.
    return std::max(0.0, layer(cell.layer) - (unit == m_card.units.end() ? 0 : unit->flopsPerToken));
}

double ScanCost::cell(const Cell &cell) const
{
    return reducedLayer(cell) + layers(cell.layer + 1, m_card.layers) + m_head;
}

} // namespace ecdysis::analysis
