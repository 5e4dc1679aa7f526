// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "core/kernels/state_duality.h"

/// \file
/// The Mamba-2 recurrence around two matrix products in bfloat16 that are the caller's, a chunk of time after the other
/// (Dao & Gu, arXiv 2405.21060, section 6). With W = heads / groups · headSize, for each group:
///   read (chunk, W)      =  C states
///   readChunk()             y of the chunk, and inputs (chunk, W)
///   added (states, W)    =  Bᵀ inputs
///   carryStates()           what enters the next chunk
/// What is read within a chunk, decays and the states that are carried are computed in float32.
namespace ecdysis::kernels {

/// Bits of a bfloat16, the upper half of a float32.
using Bfloat16 = std::uint16_t;

/// One chunk of one sequence.
struct ChunkOfTime
{
    std::int64_t size = 0; ///< tokens of all but the last one, a multiple of 16
    std::int64_t batch = 0;
    std::int64_t index = 0;
};

/// The chunk's rows of y (batch · time, heads · headSize), complete. `products`: C Bᵀ of all chunks, (batch · chunks,
/// group, chunk, chunk). `read` (group, chunk, W); null: no state enters. inputs (group, chunk, W): dt' x, decayed
/// until the end of the chunk, zeros after the end of a sequence. decays (heads): of the whole chunk.
void readChunk(const StateDuality &ssd, const ChunkOfTime &chunk, const float *products, const Bfloat16 *read, float *y,
               Bfloat16 *inputs, float *decays);

/// states (group, states, W) = decays · states + added; `rounded`: the same as an operand of the next product.
void carryStates(const StateDuality &ssd, const float *decays, const Bfloat16 *added, float *states, Bfloat16 *rounded);

} // namespace ecdysis::kernels
