// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/values/model_card.h"

/// \file
/// What a config.json promises of a checkpoint, computed without touching a tensor: its tensors, and where in them
/// everything lies that can be taken out. Cutting, masking, counting and listing all follow from these values.
namespace ecdysis::architectures {

/// What type a weight takes in memory.
enum class Precision {
    Compute, ///< that of the computation: operands of matrix products
    Full,    ///< float32 always: norms, convolutions, biases
    Ssm,     ///< float32, of the digits that convention "ssm_precision" says: A_log, D, the bias of dt
};

/// A tensor that a checkpoint of this architecture holds.
struct Parameter
{
    std::string name; ///< as in the checkpoint
    std::vector<std::int64_t> shape;
    std::string component;          ///< of ModelCard: "layers.3.mixer.in_proj"
    std::vector<int> layers;        ///< that use it, several where it is shared; empty: it belongs to no layer
    std::vector<std::string> parts; ///< kinds of part with any of which it goes, once gone from all of `layers`
    std::string stays;              ///< a part without which it is needed after all, the last of `parts` gone or not
    Precision precision = Precision::Full;
    bool prunable = false;               ///< a weight that may be thinned out: of a projection or a convolution
    double flops = 0;                    ///< of one element for a token, in each layer that uses it
    std::vector<std::string> otherNames; ///< further spellings of the name that files are known to use
    std::string tiedTo; ///< name of the tensor it repeats, which is used in its stead; empty: it must be there
    std::string adapts; ///< of a factor of low rank: the weight to which its layer alone adds the product of two, the
                        ///< one listed first applied first

    int layer() const { return layers.empty() ? -1 : layers.front(); }
};

/// Places along one dimension of a tensor that belong to the entries of an axis: entry i has, for each r < repeat, the
/// `width` indices from start + i · step + r · repeatStep on.
struct Slice
{
    std::string tensor;
    int dimension = 0;
    std::int64_t start = 0;
    std::int64_t width = 1;
    std::int64_t step = 1;
    std::int64_t repeat = 1;
    std::int64_t repeatStep = 0;
    std::string stays;      ///< as Parameter's
    std::int64_t only = -1; ///< the one entry that the places belong to (a tensor of its own); -1: each has some
};

/// A part of a layer that goes as a whole: "block", "ssm", "attention". The tensors that go with it say so themselves
/// (Parameter::parts); `slices` are what goes of others.
struct Part
{
    std::string kind;
    int layer = 0;
    std::vector<Slice> slices;      ///< of one entry each
    std::vector<std::string> needs; ///< what must go too, or the rest could not run: "attention:2"
    bool stock = true;              ///< whether stock loaders may hold the rest; false overrules the architecture
};

/// A width of a layer that can be made smaller an entry at a time: MLP channels, SSM heads, states.
struct Axis
{
    std::string kind;
    int layer = 0;
    std::int64_t size = 0;
    std::int64_t least = 1; ///< entries that must stay
    std::vector<Slice> slices;
    double flops = 0;      ///< of one entry for a token, beside those of the elements that go
    bool maskIsCut = true; ///< whether zeros in its place compute what its absence does: no norm spans it
    bool single = false;   ///< whether its entries are things by themselves (heads, experts) rather than a width
};

/// Arithmetic that no parameter accounts for, such as a recurrence.
struct Work
{
    int layer = 0;
    std::vector<std::string> parts; ///< kinds of part with any of which it goes
    double flops = 0;               ///< for a token
};

struct Blueprint
{
    std::string layout;                  ///< "hf" or "original"
    std::vector<std::string> layerTypes; ///< "mamba", "attention", "hybrid", "mlp", one a layer
    std::vector<std::pair<std::string, std::int64_t>> dimensions;
    std::vector<Parameter> parameters;
    std::vector<Part> parts; ///< in reading order: by layer, the widest first
    std::vector<Axis> axes;  ///< by layer
    std::vector<Work> work;
    std::vector<Convention> conventions;
    bool ssmRounded = false; ///< whether parameters of Precision::Ssm are rounded to the type of the computation first
    std::vector<std::string> warnings;

    int layers() const { return static_cast<int>(layerTypes.size()); }
};

} // namespace ecdysis::architectures
