// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "core/values/evaluation.h"

namespace ecdysis {

/// The loss of tokens that have `from` … `to` tokens of their window before them.
struct PositionLoss
{
    int from = 0;
    int to = 0;
    std::vector<double> losses;      ///< mean negative log-likelihood there of each window, nats per token
    std::vector<double> denseLosses; ///< the same of the dense model; empty where there is no plan

    bool operator==(const PositionLoss &) const = default;
};

/// A perplexity measurement, told apart by how much text comes before a token.
struct PositionProfile
{
    Evaluation evaluation;
    std::vector<PositionLoss> positions; ///< 1, 2 … 3, 4 … 7 and so on

    bool operator==(const PositionProfile &) const = default;
};

} // namespace ecdysis
