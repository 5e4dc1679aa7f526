// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/layers/mixer.h"
#include "core/layers/norm.h"

namespace ecdysis::layers {

using architectures::Stream;

/// One layer of a network; see the functions of the same names in architectures::Network. "block" is dealt with there.
class Layer
{
public:
    virtual ~Layer() = default;

    virtual std::vector<Stream> apply(const Stream &stream, std::span<const Removed> variants,
                                      const Run &run) const = 0;
    virtual Stream resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                          const Run &run) const = 0;
    virtual double graphBytesPerToken() const = 0;
};

/// A mixer with the parts of the layer any of which it goes with.
struct Branch
{
    Removed parts;
    std::unique_ptr<const Mixer> mixer;
};

/// residual + Σ branch(norm(residual)).
struct Sublayer
{
    RmsNorm norm;
    std::vector<Branch> branches;
};

/// A layer of one sublayer after the other: most architectures have no others.
class ResidualLayer : public Layer
{
public:
    explicit ResidualLayer(std::vector<Sublayer> sublayers) : m_sublayers(std::move(sublayers)) {}

    std::vector<Stream> apply(const Stream &stream, std::span<const Removed> variants, const Run &run) const override;
    Stream resume(const Stream &stream, const at::Tensor &lengths, LayerState &state, const Removed &removed,
                  const Run &run) const override;
    double graphBytesPerToken() const override;

private:
    std::vector<Sublayer> m_sublayers;
};

/// Puts a ResidualLayer together from those of its parts whose weights have not been cut.
class LayerBuilder
{
public:
    LayerBuilder(const Weights &weights, std::string prefix, double epsilon)
        : m_weights(weights), m_prefix(std::move(prefix)), m_epsilon(epsilon)
    {
    }

    /// Begins a sublayer; `norm` names its weight below the prefix.
    LayerBuilder &sublayer(const std::string &norm);
    /// Adds a branch to it, where the tensor `sign` below the prefix is there.
    LayerBuilder &branch(Removed parts, const std::string &sign,
                         const std::function<std::unique_ptr<const Mixer>()> &build);
    /// Null when nothing is left.
    std::unique_ptr<const Layer> finish();

private:
    const Weights &m_weights;
    std::string m_prefix;
    double m_epsilon;
    std::vector<Sublayer> m_sublayers;
};

/// Of what is removed from a layer, that which makes a difference inside a mixer.
Removed inside(const Mixer &mixer, const Removed &removed);

/// Whether a branch is left of a layer without some parts.
bool remains(const Branch &branch, const Removed &removed);

/// Adds the sublayer to the residual (batch · time, channel) of each variant, in place. Variants whose residual is the
/// same tensor share what they can.
void addTo(std::vector<at::Tensor> &residuals, const Sublayer &sublayer, Sequence sequence,
           std::span<const Removed> variants, const Run &run);

} // namespace ecdysis::layers
