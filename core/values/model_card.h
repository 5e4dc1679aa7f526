// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/values/dtype.h"
#include "core/values/tensor_info.h"
#include "core/values/unit.h"

namespace ecdysis {

/// A part of the model that a reader of it would name: "embeddings", "layers.5.mixer.in_proj", "lm_head".
struct Component
{
    std::string name; ///< path below the model, parts joined by dots; layers as "layers.<i>"
    int layer = -1;   ///< -1 for what belongs to no layer
    std::int64_t parameters = 0;
    std::int64_t bytes = 0;          ///< as stored
    std::vector<TensorInfo> tensors; ///< what it consists of

    bool operator==(const Component &) const = default;
};

/// A width of a layer whose entries can go, any range of them as a unit `kind:layer:from-to`.
struct Width
{
    std::string kind; ///< "mlp_channels", "heads"
    int layer = -1;
    std::int64_t size = 0;  ///< entries
    std::int64_t least = 1; ///< that must stay

    bool operator==(const Width &) const = default;
};

/// A point on which implementations of an architecture disagree, and the reading that is computed.
struct Convention
{
    std::string name;                 ///< "dt_floor"
    std::string value;                ///< the reading in force: "transformers"
    std::vector<std::string> choices; ///< all readings, the default first
    std::string meaning;              ///< what they differ in, one sentence

    bool operator==(const Convention &) const = default;
};

/// What the files of a model say of it, known from their headers alone.
struct ModelCard
{
    std::filesystem::path folder;
    std::string architecture; ///< id: "mamba", "mamba2"
    std::string title;        ///< for people: "Mamba", "Mamba-2"
    std::string layout;       ///< "hf" (Hugging Face) or "original" (state-spaces)
    DType dtype = DType::F32; ///< of most parameters, as stored
    int layers = 0;
    std::vector<std::string> layerTypes;                          ///< "mamba", "attention", "hybrid", one a layer
    std::vector<std::pair<std::string, std::int64_t>> dimensions; ///< "hidden_size" and so on, in reading order
    std::int64_t parameters = 0;                                  ///< tied and shared tensors counted once
    std::int64_t bytes = 0;                                       ///< of those parameters as stored
    double flopsPerToken = 0; ///< of a forward pass with head (2 per multiply-add, scan included)
    std::vector<Component> components;
    std::vector<Unit> units;   ///< the parts, each width in groups, the prunable weights
    std::vector<Width> widths; ///< of which other ranges than the groups of `units` may go, too
    std::vector<Convention> conventions;
    std::vector<std::string> tied; ///< names of tensors that repeat another one
    bool hasTokenizer = false;
    std::vector<std::string> warnings; ///< oddities of the files that do not stop it, each with its place

    bool operator==(const ModelCard &) const = default;
};

} // namespace ecdysis
