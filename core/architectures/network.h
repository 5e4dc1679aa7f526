// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/layers/layer_state.h"
#include "core/layers/linear.h"
#include "core/layers/observers.h"
#include "core/values/run.h"

/// \file
/// A model that runs, whatever its architecture.
namespace ecdysis::architectures {

/// Weights by checkpoint name. Tied parameters are not listed, nor are those that a plan has cut away.
class Weights
{
public:
    at::ScalarType compute = at::kFloat; ///< type of the operands of matrix products; residual streams are float32
    std::shared_ptr<const layers::Observers> observers; ///< of networks that are built from these weights; may be null

    bool contains(const std::string &name) const { return m_tensors.contains(name); }
    /// Throws std::out_of_range for a name that is not there.
    const at::Tensor &at(const std::string &name) const { return m_tensors.at(name); }
    /// An undefined tensor for a name that is not there (an absent bias, a part that was cut).
    at::Tensor orNone(const std::string &name) const { return contains(name) ? at(name) : at::Tensor(); }
    /// `path`.weight and, where there is one, `path`.bias.
    layers::Linear linear(const std::string &path) const
    {
        return {.weight = orNone(path + ".weight"),
                .bias = orNone(path + ".bias"),
                .compute = compute,
                .tap = linearTap(path + ".weight")};
    }
    /// What a layer tells its operands to, so that `observers` hear of them; empty: nobody is there to hear.
    std::function<void(const at::Tensor &)> linearTap(const std::string &weight) const
    {
        if (!observers || !observers->linear)
            return {};
        return [observers = observers, weight](const at::Tensor &x) { observers->linear(weight, x); };
    }
    std::function<void(const layers::SelectiveScan &, layers::Sequence)> scanTap(const std::string &logA,
                                                                                 std::int64_t head = 0) const
    {
        if (!observers || !observers->scan)
            return {};
        return [observers = observers, logA, head](const layers::SelectiveScan &scan, layers::Sequence sequence) {
            observers->scan(logA, head, scan, sequence);
        };
    }
    std::function<void(const layers::StateDuality &, layers::Sequence)> dualityTap(const std::string &logA) const
    {
        if (!observers || !observers->duality)
            return {};
        return [observers = observers, logA](const layers::StateDuality &ssd, layers::Sequence sequence) {
            observers->duality(logA, ssd, sequence);
        };
    }
    at::Tensor &operator[](const std::string &name) { return m_tensors[name]; }
    void erase(const std::string &name) { m_tensors.erase(name); }
    auto begin() const { return m_tensors.begin(); }
    auto end() const { return m_tensors.end(); }

private:
    std::map<std::string, at::Tensor> m_tensors;
};

/// Parts of one layer that are switched off: kinds ("block", "ssm"). Empty: the layer as it is.
using Removed = std::set<std::string>;

/// What goes from layer to layer.
struct Stream
{
    at::Tensor residual;             ///< float32 (batch, time, channel)
    std::vector<at::Tensor> carried; ///< what later layers read beside it, in an order of the architecture's own
};

using layers::LayerState;

/// Immutable; its functions are thread-safe. When gradients are enabled (at::GradMode) and a parameter requires them,
/// they record autograd nodes.
class Network
{
public:
    virtual ~Network() = default;

    virtual int layers() const = 0;

    /// ids: int64 (batch, time) → the stream entering layer 0. It may begin with positions that are no tokens (meta
    /// tokens of Hymba).
    virtual Stream embed(const at::Tensor &ids) const = 0;

    /// The stream after layer `index` for each variant of it. The variants share what they have in common (norm,
    /// in_proj, convolution), and each is bit-equal to the same variant computed alone.
    /// Looks at the stop token at least every 100 ms of work and throws Exception{Cancelled}.
    virtual std::vector<Stream> layer(int index, const Stream &stream, std::span<const Removed> variants,
                                      const Run &run) const = 0;

    /// States of a sequence at its start, one a layer: empty, or after the positions that are no tokens.
    virtual std::vector<LayerState> begin(std::int64_t batch, std::span<const Removed> removed,
                                          const Run &run) const = 0;

    /// ids: int64 (batch, time), tokens after those that states remember → their stream entering layer 0.
    virtual Stream embedNext(const at::Tensor &ids) const = 0;

    /// Layer `index` for the positions after those that `state` remembers, which is moved on. Gives what layer() gives
    /// for the whole sequences, to rounding. `lengths`, int64 (batch), says how many positions count, at least one of
    /// each sequence: the state is that behind the last of them; what is computed of the others means nothing.
    /// Undefined: all. Gradients are not recorded, and of observers only those of products are told.
    /// Throws Exception{Cancelled}.
    virtual Stream resume(int index, const Stream &stream, const at::Tensor &lengths, LayerState &state,
                          const Removed &removed, const Run &run) const = 0;

    /// Bytes that the recorded graph of one layer keeps for each token, about.
    virtual double graphBytesPerToken(int index) const = 0;

    /// The residual stream at the positions of the tokens: (batch, time, channel).
    virtual at::Tensor atTokens(const at::Tensor &residual) const = 0;

    /// residual → normalised hidden state that the head multiplies, float32.
    virtual at::Tensor finalNorm(const at::Tensor &residual) const = 0;

    /// (vocabulary, channel), with the factor of the logits.
    virtual const layers::Linear &head() const = 0;
};

} // namespace ecdysis::architectures
