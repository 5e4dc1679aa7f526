// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/io/config.h"
#include "core/values/model_card.h"
#include "core/values/run.h"

/// \file
/// The contract of an architecture. One file in this folder defines one constant of type Architecture, named as the
/// file; the build collects them into table(). Nothing else in the program names an architecture.
namespace ecdysis::architectures {

/// What type a weight takes in memory.
enum class Precision {
    Compute, ///< that of the computation: operands of matrix products
    Full,    ///< float32 always: scan parameters, norms, convolutions, biases
};

/// A tensor that a checkpoint of this architecture holds.
struct Parameter
{
    std::string name; ///< as in the checkpoint
    std::vector<std::int64_t> shape;
    std::string component; ///< of ModelCard: "layers.3.mixer.in_proj"
    int layer = -1;
    Precision precision = Precision::Full;
    std::string otherName; ///< a second spelling of the name that files are known to use; empty: none
    std::string tiedTo;    ///< name of the tensor it repeats, which is used in its stead; empty: it must be there
};

/// A unit with the parameters that go with it: whole tensors in `unit.tensors`, and a number of elements of others.
struct UnitParts
{
    Unit unit;                                                 ///< `bytes` and `parameters` are filled in by the loader
    std::vector<std::pair<std::string, std::int64_t>> partial; ///< tensor, elements
};

/// What a config.json promises, computed without touching a tensor.
struct Blueprint
{
    std::string layout; ///< "hf" or "original"
    int layers = 0;
    std::vector<std::pair<std::string, std::int64_t>> dimensions;
    std::vector<Parameter> parameters;
    std::vector<UnitParts> units;   ///< in reading order: by layer, then by kind
    double flopsPerToken = 0;       ///< forward pass with head
    double headFlopsPerToken = 0;   ///< of these, the head
    std::vector<double> layerFlops; ///< per token, each layer
    std::vector<std::string> warnings;
};

/// Parts of one layer that are switched off: unit kinds ("block", "ssm"). Empty: the layer as it is.
using Removed = std::set<std::string>;

/// What a layer remembers between two single steps: whatever its kind needs, empty at the start.
struct LayerState
{
    at::Tensor convolution; ///< (batch, taps - 1, channel), the last inputs of the convolution
    at::Tensor ssm;         ///< hidden state
};

/// A runnable model. Residual streams are float32 (batch, time, channel). Immutable; forward functions are thread-safe.
/// When gradients are enabled (at::GradMode) and a parameter requires them, the functions record autograd nodes.
class Network
{
public:
    virtual ~Network() = default;

    virtual int layers() const = 0;

    /// ids: int64 (batch, time) → residual stream entering layer 0.
    virtual at::Tensor embed(const at::Tensor &ids) const = 0;

    /// The residual stream after layer `index` for each variant of it. The variants share what they have in common
    /// (norm, in_proj, convolution), and each is bit-equal to the same variant computed alone.
    /// Looks at the stop token at least every 100 ms of work and throws Exception{Cancelled}.
    virtual std::vector<at::Tensor> layer(int index, const at::Tensor &residual, std::span<const Removed> variants,
                                          const Run &run) const = 0;

    /// One step of layer `index`: residual (batch, 1, channel) → the same after it, `state` moved on. Gives what
    /// layer() gives for the whole sequence, to rounding. Gradients are not recorded.
    virtual at::Tensor step(int index, const at::Tensor &residual, LayerState &state, const Removed &removed) const = 0;

    /// Bytes that the recorded graph of one layer keeps for each token, about.
    virtual double graphBytesPerToken(int index) const = 0;

    /// residual → normalised hidden state that the head multiplies, float32.
    virtual at::Tensor finalNorm(const at::Tensor &residual) const = 0;

    /// (vocabulary, channel), in the compute type.
    virtual at::Tensor head() const = 0;
};

/// Weights by checkpoint name, each in the type its Precision asks for. Tied parameters are not listed.
using Weights = std::map<std::string, at::Tensor>;

/// Which layers + 1 hidden states transformers reports; the last one is the output of the final norm in both cases.
enum class HiddenStates {
    FromEmbedding,  ///< the embedding, then each layer's output but the last one's
    FromFirstLayer, ///< each layer's output
};

struct Architecture
{
    const char *id;    ///< as transformers' model_type: "mamba2"
    const char *title; ///< for people: "Mamba-2"
    HiddenStates hiddenStates;
    bool (*recognise)(const io::Config &config);
    /// Throws Exception{BadFormat or Unsupported} naming the key.
    Blueprint (*describe)(const io::Config &config);
    /// `weights` holds every parameter of the blueprint that is not tied, in its shape.
    std::unique_ptr<const Network> (*build)(const io::Config &config, const Weights &weights);
};

/// All architectures, sorted by file name.
std::span<const Architecture *const> table();

/// The one that recognises a config. Throws Exception{Unsupported} with the model_type found and those known.
const Architecture &recognise(const io::Config &config);

} // namespace ecdysis::architectures
