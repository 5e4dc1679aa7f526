// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <map>

#include "core/evaluation/observation.h"
#include "core/scores/score.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

/// What a state dimension adds to the output, squared: (group, state) float64 sums.
struct Energy
{
    at::Tensor squares;   ///< of h C, meaned over the channels of a group
    double positions = 0; ///< summed over
};

/// By name of A_log and head in it.
using Energies = std::map<std::string, std::map<std::int64_t, Energy>>;

/// Row `time` of each sequence: (batch · time, columns) → (batch, columns).
at::Tensor rowsAt(const at::Tensor &matrix, layers::Sequence sequence, std::int64_t time)
{
    return matrix.unflatten(0, {sequence.batch, sequence.time}).select(1, time);
}

layers::SelectiveScan atTime(layers::SelectiveScan scan, layers::Sequence sequence, std::int64_t time)
{
    for (at::Tensor *matrix : {&scan.x, &scan.dt, &scan.z, &scan.B, &scan.C})
        *matrix = rowsAt(*matrix, sequence, time);
    return scan;
}

layers::StateDuality atTime(layers::StateDuality ssd, layers::Sequence sequence, std::int64_t time)
{
    for (at::Tensor *matrix : {&ssd.x, &ssd.dt, &ssd.B, &ssd.C})
        *matrix = rowsAt(*matrix, sequence, time);
    return ssd;
}

std::int64_t groupsOf(const layers::SelectiveScan &)
{
    return 1;
}

std::int64_t groupsOf(const layers::StateDuality &ssd)
{
    return ssd.groups;
}

void accumulate(at::Tensor &sum, const at::Tensor &term)
{
    const at::Tensor wide = term.to(at::kCPU, at::kDouble);
    sum = sum.defined() ? sum + wide : wide;
}

/// Goes through the recurrence step by step: its hidden states are nowhere kept.
template <typename Operands> void add(Energy &sums, const Operands &operands, layers::Sequence sequence, const Run &run)
{
    const std::int64_t groups = groupsOf(operands);
    at::Tensor state; // (batch, channel, state), or (batch, head, headSize, state)
    for (std::int64_t time = 0; time < sequence.time; ++time) {
        throwIfStopped(run);
        const Operands now = atTime(operands, sequence, time);
        layers::step(now, state);
        const at::Tensor squares = state.square().unflatten(1, {groups, -1}).flatten(2, -2).mean(2);
        accumulate(sums.squares, (squares * now.C.unflatten(1, {groups, -1}).square()).sum(0));
    }
    sums.positions += static_cast<double>(sequence.rows());
}

UnitScores units(const Subject &subject, const Settings &, std::span<const Place> places, const Run &run)
{
    const architectures::Blueprint &blueprint = subject.model.files.blueprint;
    std::map<Place, std::string> names;
    for (const Place &place : places) {
        const architectures::Parameter *logA = evaluation::logAOf(blueprint, place.layer);
        if (!logA || place.kind != "state")
            refuseKind("ghost", "the width \"state\"", place.kind);
        names[place] = logA->name;
    }
    Energies energies;
    evaluation::observe(subject.model, *subject.windows,
                        {.scan = [&](const std::string &logA, std::int64_t head, const layers::SelectiveScan &scan,
                                     layers::Sequence sequence) { add(energies[logA][head], scan, sequence, run); },
                         .duality = [&](const std::string &logA, const layers::StateDuality &ssd,
                                        layers::Sequence sequence) { add(energies[logA][0], ssd, sequence, run); }},
                        run);
    return [names = std::move(names), energies = std::move(energies)](const Place &place) {
        at::Tensor score;
        for (const auto &[head, sums] : energies.at(names.at(place)))
            accumulate(score, sums.squares.sum(0) / sums.positions);
        return score;
    };
}

} // namespace

/// The squared error of the output, before the gate, when a state dimension is zero (GHOST; Menezes & Kyrillidis, arXiv
/// 2602.11408): the mean over positions and channels of h² C², summed over groups. Controllability × observability,
/// taken position by position, since C is of the input.
extern const Score ghost;
const Score ghost{.id = "ghost",
                  .meaning = "mean of h² C² of a state dimension: what the output loses with it",
                  .needsText = true,
                  .units = units};

} // namespace ecdysis::scores
