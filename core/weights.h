// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/architectures/architecture.h"
#include "core/io/checkpoint.h"
#include "core/values/run.h"

/// \file
/// From the bytes of a checkpoint to the tensors a network computes with.
namespace ecdysis {

/// Compares what a blueprint asks for with what a checkpoint holds. Renames parameters that are stored under their
/// other name; adds a warning for each stored tensor that has no use and each tied one that is stored with bytes of its
/// own. Throws Exception{Mismatch} for a missing tensor, a wrong shape, a type that is not floating. `folder` is for
/// messages. Returns stored name by parameter name.
std::map<std::string, std::string> takeCensus(const architectures::Blueprint &blueprint,
                                              const io::Checkpoint &checkpoint, const std::string &folder,
                                              std::vector<std::string> &warnings);

/// A stored tensor as it lies, mapped where it can be; it is never to be written to.
/// Throws Exception{NotFound, ReadFailed, BadFormat, Cancelled}.
at::Tensor storedTensor(const io::Checkpoint &checkpoint, const std::string &stored, const Run &run);

/// The type LibTorch has for a floating one; float32 for others.
at::ScalarType torchType(DType type);
/// The other way round.
DType dtypeOf(at::ScalarType type);

/// The type of files for a floating one of LibTorch.
DType dtypeOf(at::ScalarType type);

/// The bytes of a tensor, on the processor and contiguous, which keep it alive.
io::TensorBytes bytesOf(const at::Tensor &tensor);

/// Bytes of the tensors that loadWeights() gives.
std::int64_t weightBytes(const architectures::Blueprint &blueprint, DType compute);

/// The weights of a blueprint in their Precision; on the processor mapped where the stored type is the one wanted.
/// Operands of matrix products that are stored in 16 bits and computed in 32 are converted now if all weights then take
/// at most `memory` bytes; otherwise they stay mapped and are converted as they are used, layer by layer.
/// `storedNames` as takeCensus() gives them. Throws Exception{ReadFailed, Cancelled, …}.
architectures::Weights loadWeights(const architectures::Blueprint &blueprint,
                                   const std::map<std::string, std::string> &storedNames,
                                   const io::Checkpoint &checkpoint, DType compute, c10::Device device,
                                   std::int64_t memory, const Run &run);

} // namespace ecdysis
