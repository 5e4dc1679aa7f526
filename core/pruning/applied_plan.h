// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model.h"
#include "core/values/plan.h"

namespace ecdysis::pruning {

/// A model under a plan, ready to run: scans, evaluations, latency and export all go through this.
struct AppliedPlan
{
    std::shared_ptr<const architectures::Network> network; ///< narrower where entries of widths are gone
    std::vector<architectures::Removed> removed;           ///< what is switched off, one set a layer
    std::vector<double> layerFlops;                        ///< for a token
    double headFlops = 0;
    Plan narrowing; ///< what of the plan the network comes from: everything but whole parts

    double flopsPerToken() const;
};

/// The weights of a model with the new ones of a plan, and with those zero that its masks take out; removals are not
/// looked at. Throws Exception{NotFound, ReadFailed, BadFormat, Mismatch}: a file is not the one that is meant.
architectures::Weights weightsUnder(const Plan &plan, const Model::State &model);

/// Throws Exception{Mismatch} naming the unit that the model does not have, that is removed twice, or that others need;
/// and what weightsUnder() throws.
AppliedPlan apply(const Model::State &model, const Plan &plan);

/// The same; takes the network of another plan where both narrow the model in the same way.
AppliedPlan apply(const Model::State &model, const Plan &plan, const AppliedPlan &other);

/// SHA-256 of the ids of the units a plan removes, in its order, of the orders it counts entries by, and of the hashes
/// of its masks and new weights; hexadecimal.
std::string fingerprint(const Plan &plan);

} // namespace ecdysis::pruning
