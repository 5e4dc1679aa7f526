// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/experts.h"

#include <limits>

#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

/// Scores of experts outside the best groups become 0; a group is as good as its two best experts.
at::Tensor withinBestGroups(const at::Tensor &scores, const RouterShape &shape)
{
    if (shape.groups == 1)
        return scores;
    const at::Tensor grouped = scores.unflatten(1, {shape.groups, -1});
    const at::Tensor best = std::get<0>(at::topk(grouped, 2, -1)).sum(-1);
    const at::Tensor chosen = std::get<1>(at::topk(best, shape.chosenGroups, -1));
    const at::Tensor mask = at::zeros_like(best).scatter(1, chosen, 1).unsqueeze(2);
    return (grouped * mask).flatten(1);
}

/// A matrix of one expert in a stack.
Linear ofStack(const at::Tensor &stack, std::int64_t expert, at::ScalarType compute)
{
    return {.weight = stack.select(0, expert), .bias = {}, .compute = compute};
}

/// FLOPs of the experts that a token goes through: none of them belongs to a parameter, as the router decides.
double expertFlops(const RouterShape &router, const MlpShape &mlp)
{
    const double matrices = mlp.names.gate.empty() ? 2 : 3;
    return 2.0 * matrices * static_cast<double>(mlp.inner * mlp.channels * router.chosen);
}

} // namespace

std::pair<at::Tensor, at::Tensor> Experts::route(const at::Tensor &hidden, const Run &run) const
{
    const at::Tensor scores = apply(m_parts.router, hidden, run);
    if (m_shape.routing == Routing::SoftmaxOfChosen) {
        const auto [best, experts] = at::topk(scores, m_shape.chosen, -1);
        return {experts, at::softmax(best, -1)};
    }
    if (m_shape.routing == Routing::SoftmaxOfAll) {
        const auto [best, experts] = at::topk(at::softmax(scores, -1), m_shape.chosen, -1);
        return {experts, best};
    }
    const at::Tensor gates = at::sigmoid(scores);
    const at::Tensor ranked = m_parts.correction.defined() ? gates + m_parts.correction : gates;
    const at::Tensor experts = std::get<1>(at::topk(withinBestGroups(ranked, m_shape), m_shape.chosen, -1));
    at::Tensor weights = gates.gather(1, experts);
    if (m_shape.normalised)
        weights = weights / (weights.sum(-1, true) + 1e-20);
    return {experts, weights * m_shape.scale};
}

at::Tensor Experts::add(const at::Tensor &residual, const at::Tensor &hidden, const Run &run) const
{
    const auto [experts, weights] = route(hidden, run);
    const bool latent = m_parts.toLatent.weight.defined();
    const at::Tensor input = latent ? apply(m_parts.toLatent, operand(hidden, m_parts.toLatent), run) : hidden;

    // Places (row, choice) sorted by expert: each expert multiplies the rows that chose it as one matrix.
    const at::Tensor places = at::argsort(experts.flatten(), true, 0, false);
    const at::Tensor rows = at::floor_divide(places, experts.size(1));
    const at::Tensor weight = weights.flatten().index_select(0, places).unsqueeze(1);
    const at::Tensor counts =
        at::bincount(experts.flatten(), {}, static_cast<std::int64_t>(m_parts.experts.size())).cpu();

    at::Tensor sum = latent ? at::zeros_like(input) : residual.clone();
    std::int64_t start = 0;
    for (std::size_t expert = 0; expert < m_parts.experts.size(); ++expert) {
        throwIfStopped(run);
        const std::int64_t count = counts[static_cast<std::int64_t>(expert)].item<std::int64_t>();
        if (count == 0)
            continue;
        const Mlp &mlp = m_parts.experts[expert];
        const at::Tensor chosen = rows.narrow(0, start, count);
        const at::Tensor inner = innerOf(mlp, input.index_select(0, chosen), run);
        const at::Tensor output = apply(mlp.down, operand(inner, mlp.down), run);
        sum.index_add_(0, chosen, output * (weight.narrow(0, start, count) * (latent ? 1 : m_parts.outputScale)));
        start += count;
    }
    if (!latent)
        return sum;
    Linear fromLatent = m_parts.fromLatent;
    fromLatent.scale = m_parts.outputScale;
    return layers::addTo(residual, fromLatent, operand(sum, fromLatent), run);
}

std::vector<at::Tensor> Experts::addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence,
                                       std::span<const Removed> variants, const Run &run) const
{
    return std::vector<at::Tensor>(variants.size(), add(residual, hidden, run));
}

at::Tensor Experts::addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &, LayerState &,
                            const Removed &, const Run &run) const
{
    return add(residual, hidden, run);
}

double Experts::graphBytesPerToken() const
{
    const Mlp &mlp = m_parts.experts.front();
    return 4.0 * static_cast<double>(m_shape.chosen) *
           (5.0 * static_cast<double>(mlp.down.weight.size(1)) + 3.0 * static_cast<double>(mlp.down.weight.size(0)));
}

namespace {

std::vector<Mlp> separateExperts(const Weights &weights, const std::string &path, const ExpertsShape &shape)
{
    MlpShape expert = shape.mlp;
    expert.outputScale = 1;
    std::vector<Mlp> experts;
    for (std::int64_t i = 0; i < shape.router.experts; ++i) {
        const std::string below = path + "experts." + std::to_string(i) + ".";
        if (weights.contains(below + expert.names.down + ".weight"))
            experts.push_back(buildMlp(weights, below, expert));
    }
    return experts;
}

std::vector<Mlp> stackedExperts(const Weights &weights, const std::string &path, const ExpertsShape &shape)
{
    const at::Tensor &input = weights.at(path + shape.stack->input);
    const at::Tensor &output = weights.at(path + shape.stack->output);
    const std::int64_t inner = output.size(2);
    const bool gated = !shape.mlp.names.gate.empty();
    std::vector<Mlp> experts;
    for (std::int64_t expert = 0; expert < input.size(0); ++expert) {
        const Linear both = ofStack(input, expert, weights.compute);
        experts.push_back({.gate = gated ? outputs(both, 0, inner) : Linear(),
                           .up = outputs(both, gated ? inner : 0, inner),
                           .down = ofStack(output, expert, weights.compute),
                           .function = shape.mlp.function});
    }
    return experts;
}

/// What goes with an expert, and with a channel of all experts.
struct ExpertSlices
{
    std::vector<architectures::Slice> ofExperts;
    std::vector<architectures::Slice> ofChannels;
};

ExpertSlices describeSeparate(const Section &section, const ExpertsShape &shape)
{
    const MlpNames &names = shape.mlp.names;
    ExpertSlices slices;
    for (std::int64_t expert = 0; expert < shape.router.experts; ++expert) {
        const Section below = section.below("experts." + std::to_string(expert) + ".");
        for (const std::string &input : {names.gate, names.up})
            if (!input.empty())
                below.linear(input, shape.mlp.inner, shape.mlp.channels).flops = 0;
        below.linear(names.down, shape.mlp.channels, shape.mlp.inner).flops = 0;
        for (const auto &slice : channelSlices(below, shape.mlp)) {
            slices.ofChannels.push_back(slice);
            slices.ofExperts.push_back({.tensor = slice.tensor, .width = shape.mlp.inner, .only = expert});
        }
        const std::string down = below.name(names.down + ".weight");
        slices.ofChannels.push_back({.tensor = down, .dimension = 1});
        slices.ofExperts.push_back({.tensor = down, .width = shape.mlp.channels, .only = expert});
    }
    return slices;
}

ExpertSlices describeStacked(const Section &section, const ExpertsShape &shape)
{
    const auto stack = [&](const std::string &name, std::int64_t out, std::int64_t in) {
        architectures::Parameter &weight = section.tensor(name, {shape.router.experts, out, in});
        weight.precision = architectures::Precision::Compute;
        weight.prunable = true;
    };
    const bool gated = !shape.mlp.names.gate.empty();
    stack(shape.stack->input, (gated ? 2 : 1) * shape.mlp.inner, shape.mlp.channels);
    stack(shape.stack->output, shape.mlp.channels, shape.mlp.inner);
    const std::string input = section.name(shape.stack->input);
    const std::string output = section.name(shape.stack->output);
    ExpertSlices slices{.ofExperts = {{.tensor = input}, {.tensor = output}},
                        .ofChannels = {{.tensor = input, .dimension = 1}, {.tensor = output, .dimension = 2}}};
    if (gated)
        slices.ofChannels.push_back({.tensor = input, .dimension = 1, .start = shape.mlp.inner});
    return slices;
}

} // namespace

std::optional<ExpertStack> storedStack(const io::Config &config, const ExpertStack &names)
{
    return config.object("ecdysis").string("experts", "") == "stacked" ? std::optional(names) : std::nullopt;
}

void describeExperts(const Section &section, const ExpertsShape &shape)
{
    section.tensor(shape.routerName + ".weight", {shape.router.experts, shape.channels}).flops = 2;
    if (!shape.correctionName.empty())
        section.tensor(shape.correctionName, {shape.router.experts});
    if (shape.latent > 0) {
        section.linear("fc1_latent_proj", shape.latent, shape.channels);
        section.linear("fc2_latent_proj", shape.channels, shape.latent);
    }
    ExpertSlices slices = shape.stack ? describeStacked(section, shape) : describeSeparate(section, shape);
    const double flops = expertFlops(shape.router, shape.mlp);
    section.work(flops);
    // The best groups are found among groups of one size: an expert alone cannot go from them.
    if (shape.router.groups == 1) {
        architectures::Axis &experts = section.axis("experts", shape.router.experts);
        experts.single = true;
        experts.least = shape.router.chosen;
        experts.maskIsCut = false; // zeros in the router are a score like any other
        experts.slices = std::move(slices.ofExperts);
        experts.slices.push_back({.tensor = section.name(shape.routerName + ".weight")});
        experts.slices.push_back({.tensor = section.name(shape.correctionName)});
    }
    architectures::Axis &channels = section.axis("expert_channels", shape.mlp.inner);
    channels.flops = flops / static_cast<double>(shape.mlp.inner);
    channels.slices = std::move(slices.ofChannels);
}

std::unique_ptr<const Mixer> buildExperts(const Weights &weights, const std::string &path, const ExpertsShape &shape)
{
    Experts::Parts parts{
        .router = weights.linear(path + shape.routerName),
        .correction = shape.correctionName.empty() ? at::Tensor() : weights.orNone(path + shape.correctionName),
        .toLatent = weights.linear(path + "fc1_latent_proj"),
        .fromLatent = weights.linear(path + "fc2_latent_proj"),
        .experts = shape.stack ? stackedExperts(weights, path, shape) : separateExperts(weights, path, shape),
        .outputScale = shape.mlp.outputScale};
    parts.router.compute = at::kFloat;
    return std::make_unique<Experts>(std::move(parts), shape.router);
}

} // namespace ecdysis::layers
