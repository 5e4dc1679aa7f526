// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <span>

#include "core/architectures/blueprint.h"
#include "core/architectures/network.h"
#include "core/architectures/remains.h"
#include "core/io/config.h"

/// \file
/// The contract of an architecture. One file in this folder defines one constant of type Architecture, named as the
/// file; the build collects them into table(). Nothing else in the program names an architecture.
namespace ecdysis::architectures {

/// Which layers + 1 hidden states transformers reports; the last one is the output of the final norm in both cases.
enum class HiddenStates {
    FromEmbedding,  ///< the embedding, then each layer's output but the last one's
    FromFirstLayer, ///< each layer's output
};

/// What stock software can hold of a model without some of its units.
struct StockLoader
{
    const char *kind;     ///< of unit
    const char *loader;   ///< "transformers", "mamba_ssm"
    bool uniform = false; ///< only when every layer that has such units loses as many
};

struct Architecture
{
    const char *id;    ///< as transformers' model_type: "mamba2"
    const char *title; ///< for people: "Mamba-2"
    HiddenStates hiddenStates;
    std::span<const StockLoader> stockLoaders;
    bool (*recognise)(const io::Config &config);
    /// Throws Exception{BadFormat or Unsupported} naming the key.
    Blueprint (*describe)(const io::Config &config);
    /// `weights` holds the parameters of the blueprint that are not tied, in their shapes or cut along its axes; those
    /// of parts that were cut are absent, and the network does without these parts.
    std::unique_ptr<const Network> (*build)(const io::Config &config, const Weights &weights);
    /// The config of what is left, as far as configs of this architecture can say it; describe() of it shows how far
    /// that is. Null: they cannot say that anything is gone.
    io::Config (*configOf)(const io::Config &config, const Remains &remains) = nullptr;
    /// The same model in another layout, "hf" or "original". Null: there is one layout.
    /// Throws Exception{Unsupported} naming what the other one has no place for.
    io::Config (*inLayout)(const io::Config &config, const std::string &layout) = nullptr;
    /// The same model with copies of their own for the layers that share weights, what adapters add to them merged.
    /// Adapters that it has all the same are zero. Null: configs cannot say that.
    io::Config (*unshared)(const io::Config &config) = nullptr;
};

/// All architectures, sorted by file name.
std::span<const Architecture *const> table();

/// architecture.describe(config), with the convention that all architectures have in common: "ssm_precision".
Blueprint blueprintOf(const Architecture &architecture, const io::Config &config);

/// The one that recognises a config. Throws Exception{Unsupported} with the model_type found and those known.
const Architecture &recognise(const io::Config &config);

} // namespace ecdysis::architectures
