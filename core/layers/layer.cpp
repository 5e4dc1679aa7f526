// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/layers/layer.h"

#include <algorithm>

#include "core/stop.h"
#include "core/torch.h"

namespace ecdysis::layers {

namespace {

/// Indices of variants.
using Members = std::vector<std::size_t>;

/// The members, those together whose tensor is the same.
std::vector<Members> bySameTensor(const Members &members, const std::vector<at::Tensor> &tensors)
{
    std::vector<Members> groups;
    for (const std::size_t member : members) {
        const auto group = std::ranges::find_if(
            groups, [&](const Members &other) { return tensors[other.front()].is_same(tensors[member]); });
        if (group == groups.end())
            groups.push_back({member});
        else
            group->push_back(member);
    }
    return groups;
}

/// Adds a branch to the sums of members, which all begin with the same one.
void addBranch(std::vector<at::Tensor> &sums, const Members &members, const Branch &branch, const at::Tensor &hidden,
               Sequence sequence, std::span<const Removed> variants, const Run &run)
{
    std::vector<Removed> distinct;
    std::vector<std::size_t> places;
    for (const std::size_t member : members) {
        const Removed removed = inside(*branch.mixer, variants[member]);
        const auto found = std::ranges::find(distinct, removed);
        places.push_back(static_cast<std::size_t>(found - distinct.begin()));
        if (found == distinct.end())
            distinct.push_back(removed);
    }
    const auto results = branch.mixer->addTo(sums[members.front()], hidden, sequence, distinct, run);
    for (std::size_t i = 0; i < members.size(); ++i)
        sums[members[i]] = results[places[i]];
}

/// The members of which the branch is left.
Members having(const Branch &branch, const Members &members, std::span<const Removed> variants)
{
    Members result;
    std::ranges::copy_if(members, std::back_inserter(result),
                         [&](std::size_t member) { return remains(branch, variants[member]); });
    return result;
}

} // namespace

Removed inside(const Mixer &mixer, const Removed &removed)
{
    Removed result;
    std::ranges::set_intersection(mixer.parts(), removed, std::inserter(result, result.end()));
    return result;
}

bool remains(const Branch &branch, const Removed &removed)
{
    return std::ranges::none_of(branch.parts, [&](const std::string &part) { return removed.contains(part); });
}

LayerBuilder &LayerBuilder::sublayer(const std::string &norm)
{
    m_sublayers.push_back({{m_weights.orNone(m_prefix + norm + ".weight"), m_epsilon}, {}});
    return *this;
}

LayerBuilder &LayerBuilder::branch(Removed parts, const std::string &sign,
                                   const std::function<std::unique_ptr<const Mixer>()> &build)
{
    if (m_weights.contains(m_prefix + sign))
        m_sublayers.back().branches.push_back({std::move(parts), build()});
    return *this;
}

std::unique_ptr<const Layer> LayerBuilder::finish()
{
    std::erase_if(m_sublayers, [](const Sublayer &sublayer) { return sublayer.branches.empty(); });
    return m_sublayers.empty() ? nullptr : std::make_unique<ResidualLayer>(std::move(m_sublayers));
}

void addTo(std::vector<at::Tensor> &residuals, const Sublayer &sublayer, Sequence sequence,
           std::span<const Removed> variants, const Run &run)
{
    Members members;
    for (std::size_t i = 0; i < variants.size(); ++i)
        if (std::ranges::any_of(sublayer.branches, [&](const Branch &branch) { return remains(branch, variants[i]); }))
            members.push_back(i);
    for (const Members &group : bySameTensor(members, residuals)) {
        throwIfStopped(run);
        const at::Tensor hidden = apply(sublayer.norm, residuals[group.front()]);
        for (const Branch &branch : sublayer.branches)
            for (const Members &sharing : bySameTensor(having(branch, group, variants), residuals))
                addBranch(residuals, sharing, branch, hidden, sequence, variants, run);
    }
}

std::vector<Stream> ResidualLayer::apply(const Stream &stream, std::span<const Removed> variants, const Run &run) const
{
    const at::Tensor &residual = stream.residual;
    std::vector<at::Tensor> residuals(variants.size(), residual.flatten(0, 1));
    for (const Sublayer &sublayer : m_sublayers)
        addTo(residuals, sublayer, {residual.size(0), residual.size(1)}, variants, run);
    std::vector<Stream> results;
    for (const at::Tensor &result : residuals)
        results.push_back({result.view(residual.sizes()), stream.carried});
    return results;
}

Stream ResidualLayer::resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                             const Run &run) const
{
    const Piece piece{{stream.residual.size(0), stream.residual.size(1)}, lengths};
    at::Tensor residual = stream.residual.flatten(0, 1);
    for (const Sublayer &sublayer : m_sublayers) {
        const at::Tensor hidden = layers::apply(sublayer.norm, residual);
        for (const Branch &branch : sublayer.branches)
            if (remains(branch, removed))
                residual = branch.mixer->addNext(residual, hidden, piece, state, removed, run);
    }
    return {residual.view(stream.residual.sizes()), stream.carried};
}

double ResidualLayer::graphBytesPerToken() const
{
    double bytes = 0;
    for (const Sublayer &sublayer : m_sublayers) {
        bytes += 4.0 * 4.0 * static_cast<double>(sublayer.norm.weight.size(0));
        for (const Branch &branch : sublayer.branches)
            bytes += branch.mixer->graphBytesPerToken();
    }
    return bytes;
}

} // namespace ecdysis::layers
