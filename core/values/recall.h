// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/values/cell.h"
#include "core/values/session.h"

namespace ecdysis {

/// Which recall test is made.
struct RecallRequest
{
    std::string task = "induction"; ///< or "mqar"
    std::vector<int> distances{16, 32, 64, 128, 256, 512};
    int examples = 64; ///< of each distance
    std::uint64_t seed = 0;

    bool operator==(const RecallRequest &) const = default;
};

/// What a model gives the right tokens, a figure an example.
struct RecallScores
{
    std::vector<double> accuracy; ///< share of the example's queries whose right token is the likeliest of all
    std::vector<double> nll;      ///< their mean negative log-likelihood, nats
    std::vector<double> gain;     ///< by how much that is lower than where the right tokens have not stood before

    bool operator==(const RecallScores &) const = default;
};

/// Recall over one distance.
struct RecallPoint
{
    int distance = 0; ///< tokens from a key to its query, in the mean of an example
    int pairs = 0;    ///< keys with their values, each asked for once
    RecallScores scores;
    RecallScores dense; ///< empty where there is no plan

    bool operator==(const RecallPoint &) const = default;
};

/// How well a model recalls what stood once in its context.
struct RecallReport
{
    RecallRequest request;
    int words = 0; ///< that keys, values and what lies between are drawn from: chance is one in so many
    std::vector<RecallPoint> points;
    Provenance provenance;
    std::string planFingerprint; ///< as Evaluation's

    bool operator==(const RecallReport &) const = default;
};

} // namespace ecdysis
