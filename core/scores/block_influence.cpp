// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include <map>

#include "core/data/windows.h"
#include "core/pruning/inventory.h"
#include "core/scores/score.h"
#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::scores {

namespace {

void requireParts(const architectures::Blueprint &blueprint, std::span<const Place> places)
{
    const pruning::Inventory inventory(blueprint);
    for (const Place &place : places)
        if (inventory.axis(place.kind, place.layer))
            refuseKind("block_influence", "parts of layers", place.kind);
}

/// Σ over positions of 1 - cos(a, b); (batch, time, channel) each.
double distance(const at::Tensor &a, const at::Tensor &b)
{
    return (1 - at::cosine_similarity(a, b, -1)).sum(at::kDouble).item<double>();
}

/// The variants of a layer to compare: whole, then without each of the parts asked for.
std::vector<architectures::Removed> variantsOf(int layer, std::span<const Place> places)
{
    std::vector<architectures::Removed> variants{{}};
    for (const Place &place : places)
        if (place.layer == layer)
            variants.push_back({place.kind});
    return variants;
}

UnitScores units(const Subject &subject, const Settings &, std::span<const Place> places, const Run &run)
{
    requireParts(subject.model.files.blueprint, places);
    const architectures::Network &network = *subject.model.network;
    const auto batches = data::batches(*subject.windows);
    ProgressMeter meter(run, "block influence", static_cast<double>(batches.size()) * network.layers());
    std::map<Place, double> sums;
    double positions = 0;
    for (const at::Tensor &ids : batches) {
        architectures::Stream stream = network.embed(ids);
        positions += static_cast<double>(stream.residual.size(0) * stream.residual.size(1));
        for (int layer = 0; layer < network.layers(); ++layer) {
            throwIfStopped(run);
            const auto variants = variantsOf(layer, places);
            const auto results = network.layer(layer, stream, variants, run);
            for (std::size_t i = 1; i < variants.size(); ++i)
                sums[{*variants[i].begin(), layer}] += distance(results[0].residual, results[i].residual);
            stream = results.front();
            meter.advance(1);
        }
    }
    return [sums = std::move(sums), positions](const Place &place) {
        return at::full({1}, sums.at(place) / positions, at::kDouble);
    };
}

} // namespace

/// 1 - mean cosine of the residual stream after a layer and after the same layer without the part. For a whole block
/// the latter is what enters the layer: ShortGPT's block influence (Men et al., arXiv 2403.03853).
extern const Score block_influence;
const Score block_influence{.id = "block_influence",
                            .meaning = "1 - cosine of the residual stream after a layer with and without the part",
                            .needsText = true,
                            .units = units};

} // namespace ecdysis::scores
