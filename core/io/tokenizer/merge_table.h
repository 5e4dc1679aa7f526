// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/values/run.h"

namespace ecdysis::io::tokenizers {

/// What a pair of adjacent symbols becomes, and how early: the lowest rank merges first.
struct Merge
{
    std::uint32_t rank = 0;
    std::int32_t id = 0;
};

/// The merges of a BPE model by pair of ids (none negative).
class MergeTable
{
public:
    explicit MergeTable(std::size_t expectedCount = 0);

    void set(std::int32_t left, std::int32_t right, Merge merge); ///< the last of equal pairs counts
    const Merge *find(std::int32_t left, std::int32_t right) const;

private:
    struct Slot
    {
        std::uint64_t key = 0;
        Merge merge;
    };
    std::size_t slotOf(std::uint64_t key) const;
    void grow();

    std::vector<Slot> m_slots; ///< open addressing; a power of two of them, at most half taken
    unsigned m_shift = 0;
    std::size_t m_count = 0;
};

/// Applies the merges to `symbols` in place: always the pair of lowest rank, the leftmost of equals, until none is left
/// (Sennrich et al. 2016, arXiv:1508.07909). O(n log n) for n symbols, n below 2^31. Throws Exception{Cancelled}.
void mergeSymbols(std::vector<std::int32_t> &symbols, const MergeTable &merges, const Run &run);

} // namespace ecdysis::io::tokenizers
