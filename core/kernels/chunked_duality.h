// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "core/kernels/aligned_floats.h"
#include "core/kernels/bfloat16.h"
#include "core/kernels/state_duality.h"

/// \file
/// The Mamba-2 recurrence around two matrix products in bfloat16 that are the caller's, over chunks of time (Dao & Gu,
/// arXiv 2405.21060, section 6). With W = heads / groups · headSize, matrices of a chunk and group one after the other:
///   readWithinChunks()        y, and inputs (chunk, W)
///   states (states, W)     =  Bᵀ inputs
///   carryStates()             each becomes what enters its chunk
///   read (chunk, W)        =  C states
///   addRead()                 y complete
/// What is read within a chunk, decays and the states that are carried are computed in float32.
namespace ecdysis::kernels {

/// C Bᵀ of each chunk of `chunk` tokens (a multiple of 16) and group: (batch · chunks, group, chunk, chunk).
AlignedFloats chunkProducts(const StateDuality &ssd, std::int64_t chunk);

/// y (batch · time, heads · headSize): what tokens read of their chunk, + D x. inputs (batch · chunks, group, chunk,
/// W): dt' x, decayed until the end of the chunk, zeros after the end of a sequence. entering (batch · time, heads):
/// decay since before the chunk.
void readWithinChunks(const StateDuality &ssd, std::int64_t chunk, float *y, Bfloat16 *inputs, float *entering);

/// states (batch · chunks, group, states, W): what each chunk adds → what enters it.
void carryStates(const StateDuality &ssd, std::int64_t chunk, const float *entering, Bfloat16 *states);

/// y += entering · read, read (batch · chunks, group, chunk, W).
void addRead(const StateDuality &ssd, std::int64_t chunk, const float *entering, const Bfloat16 *read, float *y);

} // namespace ecdysis::kernels
