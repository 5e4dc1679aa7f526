// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <vector>

#include "core/layers/mlp.h"

namespace ecdysis::layers {

/// How a token's experts and their weights follow from the scores of the router.
enum class Routing {
    SoftmaxOfAll,    ///< softmax, then the largest, as they are: Jamba
    SoftmaxOfChosen, ///< the largest, then softmax: Granite
    Sigmoid,         ///< sigmoid; chosen with a correction, within the best groups: Nemotron-H (DeepSeek-V3)
};

struct RouterShape
{
    Routing routing = Routing::SoftmaxOfAll;
    std::int64_t experts = 0;
    std::int64_t chosen = 2;
    // Of Routing::Sigmoid:
    std::int64_t groups = 1;
    std::int64_t chosenGroups = 1;
    bool normalised = true; ///< whether the weights of a token add up to 1
    double scale = 1;
};

/// A mixture of experts: each token goes through the few that the router chooses. Experts take the tokens that chose
/// them together. Shared experts, which every token goes through, are a branch of their own.
class Experts : public Mixer
{
public:
    struct Parts
    {
        Linear router;         ///< (expert, channel) float32
        at::Tensor correction; ///< (expert) added to choose by, not to weigh; undefined: none
        Linear toLatent;       ///< projections around the experts; undefined: none
        Linear fromLatent;
        std::vector<Mlp> experts;
        double outputScale = 1;
    };

    Experts(Parts parts, const RouterShape &shape) : m_parts(std::move(parts)), m_shape(shape) {}

    std::vector<at::Tensor> addTo(const at::Tensor &residual, const at::Tensor &hidden, Sequence sequence,
                                  std::span<const Removed> variants, const Run &run) const override;
    at::Tensor addNext(const at::Tensor &residual, const at::Tensor &hidden, const Piece &piece, LayerState &state,
                       const Removed &removed, const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    /// (rows, chosen): experts and their weights.
    std::pair<at::Tensor, at::Tensor> route(const at::Tensor &hidden, const Run &run) const;
    at::Tensor add(const at::Tensor &residual, const at::Tensor &hidden, const Run &run) const;

    Parts m_parts;
    RouterShape m_shape;
};

/// The tensors of all experts in two, (expert, out, in): the gates' rows before the others where there are gates.
struct ExpertStack
{
    std::string input;  ///< "experts.gate_up_proj"
    std::string output; ///< "experts.down_proj"
};

struct ExpertsShape
{
    RouterShape router;
    MlpShape mlp; ///< of one expert
    std::string routerName = "router";
    std::string correctionName; ///< empty: none
    std::int64_t latent = 0;    ///< width between the latent projections; 0: none
    std::int64_t channels = 0;
    std::optional<ExpertStack> stack; ///< none: each expert has tensors of its own, "experts.3.up_proj.weight"
};

/// Names of stacked tensors where a checkpoint has such (`experts`: "stacked", an own key of the config that openers of
/// files set), as transformers 5 keeps them in memory and may write them.
std::optional<ExpertStack> storedStack(const io::Config &config, const ExpertStack &names);

/// The tensors below `section`, the widths "experts" and "expert_channels" (the same channels of every expert).
void describeExperts(const Section &section, const ExpertsShape &shape);
std::unique_ptr<const Mixer> buildExperts(const Weights &weights, const std::string &path, const ExpertsShape &shape);

} // namespace ecdysis::layers
