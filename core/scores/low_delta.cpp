// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>

#include "core/evaluation/observation.h"
#include "core/pruning/entry_indices.h"
#include "core/pruning/inventory.h"
#include "core/scores/score.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

using architectures::Axis;
using architectures::Parameter;
using architectures::Slice;

/// Sums of step sizes of one recurrence.
struct Steps
{
    at::Tensor sum; ///< float64 (channel) or (head)
    double rows = 0;
};

/// By name of A_log and head in it.
using AllSteps = std::map<std::string, std::map<std::int64_t, Steps>>;

void add(Steps &steps, const at::Tensor &sizes)
{
    const at::Tensor sum = sizes.sum(0, false, at::kDouble).to(at::kCPU);
    steps.sum = steps.sum.defined() ? steps.sum + sum : sum;
    steps.rows += static_cast<double>(sizes.size(0));
}

/// Where the step sizes of a place are.
struct Target
{
    const Parameter *logA = nullptr;
    const Slice *slice = nullptr; ///< of the width in A_log; null: the whole SSM
    std::int64_t entries = 0;
};

/// A_log's shape without its states, of which Mamba-2 has none: that of the step sizes.
std::vector<std::int64_t> shapeOf(const Parameter &logA)
{
    const auto dimensions = static_cast<std::ptrdiff_t>(logA.shape.size());
    return {logA.shape.begin(), logA.shape.begin() + std::max<std::ptrdiff_t>(dimensions - 1, 1)};
}

Target targetOf(const architectures::Blueprint &blueprint, const pruning::Inventory &inventory, const Place &place)
{
    Target target{.logA = evaluation::logAOf(blueprint, place.layer)};
    const Axis *axis = inventory.axis(place.kind, place.layer);
    if (target.logA && axis)
        for (const Slice &slice : axis->slices)
            if (slice.tensor == target.logA->name &&
                static_cast<std::size_t>(slice.dimension) < shapeOf(*target.logA).size()) {
                target.slice = &slice;
                target.entries = axis->size;
            }
    if (!target.logA || (!target.slice && place.kind != "ssm"))
        refuseKind("low_delta", "SSMs, or widths of them with step sizes", place.kind);
    return target;
}

at::Tensor scoreOf(const Target &target, const std::map<std::int64_t, Steps> &heads)
{
    std::vector<at::Tensor> means;
    for (const auto &[head, steps] : heads)
        means.push_back(steps.sum / steps.rows);
    const at::Tensor all = at::cat(means).view(shapeOf(*target.logA));
    if (!target.slice)
        return all.mean().view({1});
    const at::Tensor indices = pruning::entryIndices(*target.slice, target.entries);
    const at::Tensor along = pruning::meanAlong(all, target.slice->dimension);
    return along.index_select(0, indices.flatten()).view(indices.sizes()).mean(1);
}

UnitScores units(const Subject &subject, const Settings &, std::span<const Place> places, const Run &run)
{
    const architectures::Blueprint &blueprint = subject.model.files.blueprint;
    const pruning::Inventory inventory(blueprint);
    std::map<Place, Target> targets;
    for (const Place &place : places)
        targets[place] = targetOf(blueprint, inventory, place);
    AllSteps steps;
    evaluation::observe(subject.model, *subject.windows,
                        {.scan = [&](const std::string &logA, std::int64_t head, const layers::SelectiveScan &scan,
                                     layers::Sequence) { add(steps[logA][head], layers::stepSizes(scan)); },
                         .duality = [&](const std::string &logA, const layers::StateDuality &ssd,
                                        layers::Sequence) { add(steps[logA][0], layers::stepSizes(ssd)); }},
                        run);
    return [targets = std::move(targets), steps = std::move(steps)](const Place &place) {
        const Target &target = targets.at(place);
        return scoreOf(target, steps.at(target.logA->name));
    };
}

} // namespace

/// Mean step size Δ = softplus(dt + bias): what a head or channel with a small one is given changes its state little
/// (PerfMamba, arXiv 2511.22849).
extern const Score low_delta;
const Score low_delta{
    .id = "low_delta", .meaning = "mean step size of SSMs, their heads or channels", .needsText = true, .units = units};

} // namespace ecdysis::scores
