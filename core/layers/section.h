// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "core/architectures/blueprint.h"

namespace ecdysis::layers {

/// Writes into a blueprint what lies below one path of a checkpoint, and with which parts of a layer it goes. The
/// describing half of every layer: describe…(section, shape) beside build…(weights, path).
class Section
{
public:
    /// What belongs to no layer: embedding, final norm, head.
    Section(architectures::Blueprint &blueprint, std::string prefix);

    /// A layer of the model, a "block" as a whole; `type` as in Blueprint::layerTypes. Layers come in their order.
    static Section layer(architectures::Blueprint &blueprint, const std::string &type, std::string prefix);

    /// The same layer and its parts at another path.
    Section below(const std::string &path) const;
    /// Inside a part of the layer, which becomes a unit. `kinds`: the part and further ones that contain it.
    Section part(const std::string &kind) const;
    /// The same place used by further layers too: what is written goes when all of them do without.
    Section sharedBy(std::vector<int> layers) const;
    /// The same layer and its parts at another place altogether.
    Section at(std::string prefix) const;

    std::string name(const std::string &path) const { return m_prefix + path; }
    int layer() const { return m_layers.empty() ? -1 : m_layers.front(); }

    architectures::Parameter &tensor(const std::string &path, std::vector<std::int64_t> shape) const;
    /// A parameter of a state space: Precision::Ssm.
    architectures::Parameter &ssmParameter(const std::string &path, std::vector<std::int64_t> shape) const;
    /// A projection y = x Wᵀ: `path`.weight (out, in), `path`.bias.
    architectures::Parameter &linear(const std::string &path, std::int64_t out, std::int64_t in,
                                     bool bias = false) const;
    /// `path`.weight (size) of a norm.
    void norm(const std::string &path, std::int64_t size) const;
    /// A causal depthwise convolution: `path`.weight (channel, 1, taps), `path`.bias.
    void convolution(const std::string &path, std::int64_t channels, std::int64_t taps, bool bias) const;
    /// Of the tensors `path`.weight and `path`.bias: Parameter::stays.
    void stays(const std::string &path, const std::string &part) const;
    /// FLOPs for a token that no parameter accounts for.
    void work(double flops) const;

    /// The part that encloses this section, and a new width of it.
    architectures::Part &enclosing() const;
    architectures::Axis &axis(const std::string &kind, std::int64_t size) const;

private:
    architectures::Blueprint *m_blueprint;
    std::vector<int> m_layers;
    std::string m_prefix;
    std::vector<std::string> m_parts; ///< the innermost last
};

} // namespace ecdysis::layers
