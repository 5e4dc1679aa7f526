// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <map>

#include "core/evaluation/observation.h"
#include "core/pruning/entry_indices.h"
#include "core/pruning/inventory.h"
#include "core/scores/score.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

using architectures::Parameter;
using architectures::Slice;

/// What the columns of a projection's weight were given.
struct Columns
{
    at::Tensor sums; ///< float64 (in), of the terms
    double rows = 0;
};

/// A projection that reads a width: entry i is its columns columns[i].
struct Reader
{
    std::string weight;
    at::Tensor columns;
};

std::string_view lastOf(const Parameter &parameter)
{
    return std::string_view(parameter.component).substr(parameter.component.rfind('.') + 1);
}

/// The projection that reads a width last (out_proj, down_proj); of experts, that of each.
std::vector<Reader> readersOf(const pruning::Inventory &inventory, const Place &place)
{
    std::vector<Reader> readers;
    std::string_view last;
    const architectures::Axis *axis = inventory.axis(place.kind, place.layer);
    for (std::size_t i = axis ? axis->slices.size() : 0; i-- > 0;) {
        const Slice &slice = axis->slices[i];
        const Parameter *weight = inventory.parameter(slice.tensor);
        if (!weight || !weight->prunable || weight->shape.size() != 2 || slice.dimension != 1 || slice.only >= 0)
            continue;
        if (last.empty())
            last = lastOf(*weight);
        if (lastOf(*weight) == last)
            readers.push_back({slice.tensor, pruning::entryIndices(slice, axis->size)});
    }
    if (readers.empty())
        refuseKind("activation", "widths that a projection reads", place.kind);
    return readers;
}

/// What a position adds, and what becomes of the mean.
struct Statistic
{
    const char *name;
    at::Tensor (*term)(const at::Tensor &x);
    at::Tensor (*value)(const at::Tensor &mean);
};

constexpr Statistic statistics[] = {
    {"mean", [](const at::Tensor &x) { return x.abs(); }, [](const at::Tensor &mean) { return mean; }},
    {"rms", [](const at::Tensor &x) { return x.square(); }, [](const at::Tensor &mean) { return mean.sqrt(); }}};

constexpr const char *statisticNames[] = {"mean", "rms"};

UnitScores units(const Subject &subject, const Settings &settings, std::span<const Place> places, const Run &run)
{
    const pruning::Inventory inventory(subject.model.files.blueprint);
    std::map<Place, std::vector<Reader>> readers;
    std::map<std::string, Columns> columns;
    for (const Place &place : places)
        for (const Reader &reader : readers[place] = readersOf(inventory, place))
            columns[reader.weight].sums = at::zeros({inventory.parameter(reader.weight)->shape[1]}, at::kDouble);
    const Statistic &statistic =
        *std::ranges::find_if(statistics, [&](const Statistic &one) { return settings.at("statistic") == one.name; });
    const auto add = [&](const std::string &weight, const at::Tensor &x) {
        const auto found = columns.find(weight);
        if (found == columns.end())
            return;
        found->second.sums.add_(statistic.term(x.to(at::kFloat)).sum(0, false, at::kDouble).to(at::kCPU));
        found->second.rows += static_cast<double>(x.size(0));
    };
    evaluation::observe(subject.model, *subject.windows, {.linear = add}, run);
    return [readers = std::move(readers), columns = std::move(columns), &statistic](const Place &place) {
        at::Tensor sum;
        double rows = 0;
        for (const Reader &reader : readers.at(place)) {
            const Columns &given = columns.at(reader.weight);
            const at::Tensor own = given.sums.index_select(0, reader.columns.flatten()).view(reader.columns.sizes());
            sum = sum.defined() ? sum + own : own;
            rows += given.rows;
        }
        return statistic.value(sum.mean(1) / std::max(rows, 1.0));
    };
}

constexpr Option options[] = {
    {"statistic", "over positions: mean of |x|, or root of the mean square", "rms", statisticNames}};

} // namespace

/// How much passes through the entries of a width: statistic of what the last projection that reads it is given, as
/// Minitron (Muralidharan et al., arXiv 2407.14679) ranks channels and heads.
extern const Score activation;
const Score activation{.id = "activation",
                       .meaning = "size of the activations of the entries of a width",
                       .options = options,
                       .needsText = true,
                       .units = units};

} // namespace ecdysis::scores
