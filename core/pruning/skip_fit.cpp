// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/skip_fit.h"

#include <algorithm>

#include "core/evaluation/observation.h"
#include "core/layers/norm.h"
#include "core/torch.h"

namespace ecdysis::pruning {

using architectures::Blueprint;
using architectures::Parameter;

namespace {

/// Sums over rows, for each channel.
struct Sums
{
    at::Tensor xx, xy, yy;

    void add(const at::Tensor &x, const at::Tensor &y)
    {
        const auto sum = [](at::Tensor &into, const at::Tensor &products) {
            const at::Tensor columns = products.sum(0, false, at::kDouble);
            into = into.defined() ? into + columns : columns;
        };
        sum(xx, x * x);
        sum(xy, x * y);
        sum(yy, y * y);
    }
};

/// Of the heads of a state space, by the name of its A_log.
using AllSums = std::map<std::string, std::map<std::int64_t, Sums>>;

AllSums observed(const Model::State &model, const std::set<std::string> &wanted, const data::Windows &windows,
                 const Run &run)
{
    AllSums sums;
    evaluation::observe(model, windows,
                        {.scan =
                             [&](const std::string &logA, std::int64_t head, const layers::SelectiveScan &scan,
                                 layers::Sequence sequence) {
                                 if (wanted.contains(logA))
                                     sums[logA][head].add(layers::gated(scan.x.contiguous(), scan.z),
                                                          layers::apply(scan, sequence));
                             },
                         .duality =
                             [&](const std::string &logA, const layers::StateDuality &ssd, layers::Sequence sequence) {
                                 if (wanted.contains(logA))
                                     sums[logA][0].add(ssd.x, layers::apply(ssd, sequence));
                             }},
                        run);
    return sums;
}

/// One of the sums for each entry of D: those of its channels, taken together.
at::Tensor perEntry(const std::map<std::int64_t, Sums> &heads, at::Tensor Sums::*which, const at::Tensor &D)
{
    std::vector<at::Tensor> all;
    for (const auto &[head, sums] : heads)
        all.push_back(sums.*which);
    return at::cat(all).view({D.numel(), -1}).sum(1).view(D.sizes());
}

double relativeError(const at::Tensor &D, const at::Tensor &xx, const at::Tensor &xy, const at::Tensor &yy)
{
    return ((D * D * xx - 2 * D * xy + yy).sum() / yy.sum()).item<double>();
}

} // namespace

const Parameter *skipOf(const Blueprint &blueprint, int layer)
{
    const Parameter *logA = evaluation::logAOf(blueprint, layer);
    if (!logA)
        return nullptr;
    std::string name = logA->name;
    name.replace(name.rfind("A_log"), std::string_view("A_log").size(), "D");
    const auto found = std::ranges::find(blueprint.parameters, name, &Parameter::name);
    return found == blueprint.parameters.end() ? nullptr : &*found;
}

FittedSkips fitSkips(const Model::State &model, const std::set<int> &layers, const data::Windows &windows,
                     const Run &run)
{
    const Blueprint &blueprint = model.files.blueprint;
    std::set<std::string> wanted;
    for (const int layer : layers)
        wanted.insert(evaluation::logAOf(blueprint, layer)->name);
    const AllSums sums = observed(model, wanted, windows, run);
    FittedSkips fitted;
    for (const int layer : layers) {
        const std::string &name = skipOf(blueprint, layer)->name;
        const auto &heads = sums.at(evaluation::logAOf(blueprint, layer)->name);
        const at::Tensor old = model.weights.at(name).to(at::kDouble);
        const at::Tensor xx = perEntry(heads, &Sums::xx, old), xy = perEntry(heads, &Sums::xy, old),
                         yy = perEntry(heads, &Sums::yy, old);
        const at::Tensor D = at::where(xx > 0, xy / xx, old); // a channel that is always 0 tells nothing
        fitted.weights[name] = D.to(at::kFloat);
        fitted.fits.push_back({.weight = name,
                               .layer = layer,
                               .method = "diagonal",
                               .before = relativeError(old, xx, xy, yy),
                               .after = relativeError(D, xx, xy, yy)});
    }
    return fitted;
}

} // namespace ecdysis::pruning
