// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/tokenizer/merge_table.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/stop.h"

namespace ecdysis::io::tokenizers {

namespace {

constexpr std::uint64_t freeSlot = std::numeric_limits<std::uint64_t>::max(); ///< no pair of ids, both being below 2^31
constexpr std::int32_t nowhere = -1;

std::uint64_t keyOf(std::int32_t left, std::int32_t right)
{
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

/// A pair that could merge when it was seen. It may be stale: a neighbour may have merged since.
struct Candidate
{
    std::uint32_t rank;
    std::int32_t position;
    std::int32_t id;

    /// For the heap of the standard library, whose top is the greatest.
    bool operator<(const Candidate &other) const
    {
        return rank != other.rank ? rank > other.rank : position > other.position;
    }
};

/// The symbols as a list linked by position, in which the left one of a merged pair stays.
class Merger
{
public:
    Merger(std::vector<std::int32_t> &symbols, const MergeTable &merges)
        : m_symbols(symbols), m_merges(merges), m_previous(symbols.size()), m_next(symbols.size())
    {
        const auto count = static_cast<std::int32_t>(symbols.size());
        for (std::int32_t i = 0; i < count; ++i) {
            m_previous[at(i)] = i - 1;
            m_next[at(i)] = i + 1 < count ? i + 1 : nowhere;
        }
    }

    void mergeAll(const Run &run)
    {
        collect();
        std::make_heap(m_heap.begin(), m_heap.end());
        while (!m_heap.empty()) {
            throwIfStopped(run); // a word may be a whole text
            std::pop_heap(m_heap.begin(), m_heap.end());
            const Candidate best = m_heap.back();
            m_heap.pop_back();
            const Merge *merge = mergeAt(best.position);
            if (merge && merge->id == best.id)
                apply(best);
        }
        std::erase(m_symbols, absorbed);
    }

private:
    static constexpr std::int32_t absorbed = -1;

    static std::size_t at(std::int32_t position) { return static_cast<std::size_t>(position); }

    const Merge *mergeAt(std::int32_t position) const
    {
        if (position == nowhere || m_symbols[at(position)] == absorbed || m_next[at(position)] == nowhere)
            return nullptr;
        return m_merges.find(m_symbols[at(position)], m_symbols[at(m_next[at(position)])]);
    }

    void collect()
    {
        for (std::int32_t i = 0; at(i) < m_symbols.size(); ++i) {
            if (const Merge *merge = mergeAt(i))
                m_heap.push_back({merge->rank, i, merge->id});
        }
    }

    void push(std::int32_t position)
    {
        if (const Merge *merge = mergeAt(position)) {
            m_heap.push_back({merge->rank, position, merge->id});
            std::push_heap(m_heap.begin(), m_heap.end());
        }
    }

    void apply(const Candidate &best)
    {
        const std::int32_t right = m_next[at(best.position)];
        m_symbols[at(best.position)] = best.id;
        m_symbols[at(right)] = absorbed;
        m_next[at(best.position)] = m_next[at(right)];
        if (m_next[at(right)] != nowhere)
            m_previous[at(m_next[at(right)])] = best.position;
        push(m_previous[at(best.position)]);
        push(best.position);
    }

    std::vector<std::int32_t> &m_symbols;
    const MergeTable &m_merges;
    std::vector<std::int32_t> m_previous;
    std::vector<std::int32_t> m_next;
    std::vector<Candidate> m_heap;
};

} // namespace

MergeTable::MergeTable(std::size_t expectedCount)
{
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(2 * expectedCount, 16));
    m_slots.assign(size, Slot{freeSlot, {}});
    m_shift = 64U - static_cast<unsigned>(std::countr_zero(size));
}

std::size_t MergeTable::slotOf(std::uint64_t key) const
{
    // Multiplicative hashing: the high bits of the product depend on both ids.
    std::size_t slot = static_cast<std::size_t>((key ^ key >> 29) * 0x9E3779B97F4A7C15ULL >> m_shift);
    while (m_slots[slot].key != key && m_slots[slot].key != freeSlot)
        slot = (slot + 1) & (m_slots.size() - 1);
    return slot;
}

void MergeTable::set(std::int32_t left, std::int32_t right, Merge merge)
{
    if (2 * (m_count + 1) > m_slots.size())
        grow();
    Slot &slot = m_slots[slotOf(keyOf(left, right))];
    m_count += slot.key == freeSlot ? 1 : 0;
    slot = {keyOf(left, right), merge};
}

const Merge *MergeTable::find(std::int32_t left, std::int32_t right) const
{
    const Slot &slot = m_slots[slotOf(keyOf(left, right))];
    return slot.key == freeSlot ? nullptr : &slot.merge;
}

void MergeTable::grow()
{
    MergeTable larger(m_slots.size());
    for (const Slot &slot : m_slots) {
        if (slot.key != freeSlot)
            larger.m_slots[larger.slotOf(slot.key)] = slot;
    }
    larger.m_count = m_count;
    *this = std::move(larger);
}

void mergeSymbols(std::vector<std::int32_t> &symbols, const MergeTable &merges, const Run &run)
{
    if (symbols.size() > 1)
        Merger(symbols, merges).mergeAll(run);
}

} // namespace ecdysis::io::tokenizers
