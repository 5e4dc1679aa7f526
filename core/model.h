// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "core/architectures/architecture.h"
#include "core/engine.h"
#include "core/io/checkpoint.h"
#include "core/io/config.h"

/// \file
/// A loaded model as core sees it. Everything here throws Exception; engine.h's functions turn it into an Error.
namespace ecdysis {

/// The files of a model, headers read and compared with what the config promises.
struct ModelFiles
{
    io::Config config;
    io::Checkpoint checkpoint;
    const architectures::Architecture *architecture = nullptr;
    architectures::Blueprint blueprint;
    std::map<std::string, std::string> storedNames; ///< name in the checkpoint by name in the blueprint
    ModelCard card;
    std::vector<Unit> gone; ///< what the manifest says was cut from what `config` describes; `blueprint` is the rest
    std::set<std::string> biases; ///< which the manifest says were added to projections that have none in `config`
    std::vector<Unit> bypassed;   ///< units of `blueprint` that are not computed, though the files have tensors of them
};

/// Everything behind a Model. Immutable but for the fingerprint, which is computed when first asked for.
struct Model::State
{
    State(ModelFiles modelFiles, ComputeOptions computeOptions, architectures::Weights loadedWeights,
          std::shared_ptr<const architectures::Network> builtNetwork)
        : files(std::move(modelFiles)), options(std::move(computeOptions)), weights(std::move(loadedWeights)),
          network(std::move(builtNetwork))
    {
    }

    ModelFiles files;
    ComputeOptions options; ///< as asked, with `threads` resolved to a number above 0
    architectures::Weights weights;
    std::shared_ptr<const architectures::Network> network;

    const ModelCard &card() const { return files.card; }

    mutable std::mutex fingerprintMutex;
    mutable std::string fingerprint; ///< empty: not computed yet
};

/// Opens config, manifest (core/pruning/manifest.h) and weights of a folder and takes the census of tensors both ways:
/// each one the architecture needs is there in its shape; those it does not know become warnings of the card.
/// `conventions`: the readings asked for, by name; the default for others.
/// Errors: NotFound, BadFormat, Mismatch (file and tensor, expected and found), Unsupported, InvalidArgument (a
/// convention).
ModelFiles openModelFiles(const std::filesystem::path &folder,
                          const std::map<std::string, std::string> &conventions = {});

/// The card of a folder: openModelFiles().card.
ModelCard readCard(const std::filesystem::path &folder);

/// The network of weights of these files, cut further or not, without the parts that the files say are gone.
std::shared_ptr<const architectures::Network> buildNetwork(const ModelFiles &files,
                                                           const architectures::Weights &weights);

/// Maps weights whose stored type is the one they are computed in, converts the others; puts all of them on the device
/// of the options. Scan parameters, norms and
/// convolutions are float32 whatever the compute type.
/// Errors: those of openModelFiles(), ReadFailed, DeviceUnavailable, OutOfMemory, InvalidArgument (dtype), Cancelled.
std::shared_ptr<const Model::State> loadModel(const std::filesystem::path &folder, const ComputeOptions &options,
                                              const Run &run);

/// Sets the threads of LibTorch, of the kernels and of the BLAS for the calling thread: first call of every
/// computation.
void useThreads(const ComputeOptions &options);

/// The circumstances of a computation with this model, now; `created` is the current UTC time. Reads all weights once.
/// Errors: Cancelled, ReadFailed.
Provenance provenance(const Model::State &model, const Run &run);

} // namespace ecdysis
