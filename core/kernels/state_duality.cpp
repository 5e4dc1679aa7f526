// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/state_duality.h"

#include "core/kernels/aligned_floats.h"
#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/state_duality.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/duality_chunk.h"
#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

// States are carried from chunk to chunk, both what a head reads of its state and what it adds to it being products.
// That takes four operations an element of the state and token where the recurrence takes five, and all of them are
// multiply-adds.
constexpr std::int64_t dualityChunk = 32;
constexpr std::int64_t stateFloats = 1 << 17; ///< 512 KB

/// One head over one chunk with its state, [state][channel].
struct ChunkStep
{
    HeadChunk &head;
    std::int64_t tokens;
    std::int64_t states;
    const float *B;
    const float *C;
    std::int64_t bcStride;
    const float *inputs; ///< dt' x, decayed until the end of the chunk
    float *state;
};

template <int rows, int vectors>
HWY_NOINLINE void outputTile(const ChunkStep &step, std::int64_t token, std::int64_t channel)
{
    HeadChunk &head = step.head;
    FloatVector sum[rows * vectors];
    unrolled<rows * vectors>([&](auto i) HWY_ATTR { sum[i] = hn::Zero(floatTag); });
    multiplyAdd<rows, vectors>(sum, {step.C + token * step.bcStride, step.bcStride, 1}, step.state + channel,
                               head.width, step.states);
    unrolled<rows * vectors>(
        [&](auto i) HWY_ATTR { sum[i] = hn::Mul(sum[i], broadcast(head.entering.data()[token + i / vectors])); });
    multiplyAdd<rows, vectors>(sum, {head.within.data() + token * dualityChunk, dualityChunk, 1},
                               head.x.data() + channel, head.width, token + rows);
    storeTile<rows, vectors>(sum, head.y.data() + token * head.width + channel, head.width);
}

template <int rows, int vectors>
HWY_NOINLINE void stateTile(const ChunkStep &step, std::int64_t first, std::int64_t channel)
{
    const HeadChunk &head = step.head;
    FloatVector sum[rows * vectors];
    float *state = step.state + first * head.width + channel;
    const FloatVector decay = broadcast(head.entering.data()[step.tokens - 1]);
    unrolled<rows * vectors>([&](auto i) HWY_ATTR {
        sum[i] = hn::Mul(decay, hn::Load(floatTag, state + i / vectors * head.width + i % vectors * lanes));
    });
    multiplyAdd<rows, vectors>(sum, {step.B + first, 1, step.bcStride}, step.inputs + channel, head.width, step.tokens);
    storeTile<rows, vectors>(sum, state, head.width);
}

/// Rows of one head are far apart: the processor does not foresee them.
void prefetchRows(const StateDuality &ssd, std::int64_t row, std::int64_t tokens, std::int64_t head, const float *y)
{
    for (std::int64_t t = 0; t < tokens; ++t)
        for (std::int64_t p = 0; p < ssd.headSize; p += 16) {
            __builtin_prefetch(ssd.x + (row + t) * ssd.xStride + head * ssd.headSize + p, 0);
            __builtin_prefetch(y + ((row + t) * ssd.heads + head) * ssd.headSize + p, 1);
        }
}

/// One head after the other, with what each works on.
class HeadWorker
{
public:
    explicit HeadWorker(const StateDuality &ssd)
        : m_ssd(ssd), m_head(ssd, dualityChunk), m_inputs(dualityChunk * m_head.width)
    {
    }

    std::int64_t stateSize() const { return m_ssd.states * m_head.width; }

    /// Fills [state][channel] from (channel, state).
    void read(const float *from, float *state) const
    {
        for (std::int64_t p = 0; p < m_ssd.headSize; ++p)
            for (std::int64_t n = 0; n < m_ssd.states; ++n)
                state[n * m_head.width + p] = from[p * m_ssd.states + n];
    }

    void write(const float *state, float *to) const
    {
        for (std::int64_t p = 0; p < m_ssd.headSize; ++p)
            for (std::int64_t n = 0; n < m_ssd.states; ++n)
                to[p * m_ssd.states + n] = state[n * m_head.width + p];
    }

    /// Moves the state of a head on by a chunk.
    void advance(const float *products, float *y, std::int64_t batch, std::int64_t chunk, std::int64_t head,
                 float *state)
    {
        const std::int64_t group = head / (m_ssd.heads / m_ssd.groups);
        const ChunkRows rows(m_ssd, dualityChunk, batch, chunk);
        if (rows.tokens <= 0)
            return;
        m_head.fill(m_ssd, rows, head, products + (rows.place * m_ssd.groups + group) * dualityChunk * dualityChunk);
        for (std::int64_t t = 0; t < rows.tokens; ++t)
            for (std::int64_t p = t * m_head.width; p < (t + 1) * m_head.width; p += lanes)
                hn::Store(hn::Mul(broadcast(m_head.reach.data()[t]), hn::Load(floatTag, m_head.x.data() + p)), floatTag,
                          m_inputs.data() + p);
        prefetchRows(m_ssd, rows.row + dualityChunk, ChunkRows(m_ssd, dualityChunk, batch, chunk + 1).tokens, head, y);
        const std::int64_t bc = rows.row * m_ssd.bcStride + group * m_ssd.states;
        const ChunkStep step{.head = m_head,
                             .tokens = rows.tokens,
                             .states = m_ssd.states,
                             .B = m_ssd.B + bc,
                             .C = m_ssd.C + bc,
                             .bcStride = m_ssd.bcStride,
                             .inputs = m_inputs.data(),
                             .state = state};
        inTiles(rows.tokens, m_head.width,
                [&](auto count, auto vectors, std::int64_t token, std::int64_t channel)
                    HWY_ATTR { outputTile<count, vectors>(step, token, channel); });
        inTiles(m_ssd.states, m_head.width,
                [&](auto count, auto vectors, std::int64_t first, std::int64_t channel)
                    HWY_ATTR { stateTile<count, vectors>(step, first, channel); });
        m_head.store(m_ssd, rows, head, y);
    }

private:
    const StateDuality &m_ssd;
    HeadChunk m_head;
    AlignedFloats m_inputs;
};

} // namespace

/// C Bᵀ is made for each chunk of so many tokens.
std::int64_t chunkTokens()
{
    return dualityChunk;
}

/// Chunks and groups [first, last), counted through all sequences.
void productsPart(const StateDuality &ssd, float *products, std::int64_t first, std::int64_t last)
{
    AlignedFloats transposed(ssd.states * dualityChunk);
    const std::int64_t chunks = chunksOf(ssd, dualityChunk);
    for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t place = i / ssd.groups;
        const ChunkRows rows(ssd, dualityChunk, place / chunks, place % chunks);
        if (rows.tokens > 0)
            chunkProducts(ssd, dualityChunk, rows, i % ssd.groups, transposed.data(),
                          products + i * dualityChunk * dualityChunk);
    }
}

/// Heads [first, last), counted through all batch rows. A few go through time together: they share B and C, and their
/// states stay in the second cache.
void headsPart(const StateDuality &ssd, const float *products, float *y, float *leaving, std::int64_t first,
               std::int64_t last)
{
    const std::int64_t ofHead = ssd.headSize * ssd.states; // floats that enter and leave
    HeadWorker worker(ssd);
    const std::int64_t together = std::clamp<std::int64_t>(stateFloats / worker.stateSize(), 1, last - first);
    AlignedFloats states(together * worker.stateSize());
    for (std::int64_t start = first; start < last; start += together) {
        std::fill_n(states.data(), together * worker.stateSize(), 0.0f);
        const std::int64_t end = std::min(start + together, last);
        const auto stateOf = [&](std::int64_t i) { return states.data() + (i - start) * worker.stateSize(); };
        for (std::int64_t i = start; ssd.entering && i < end; ++i)
            worker.read(ssd.entering + i * ofHead, stateOf(i));
        for (std::int64_t chunk = 0; chunk < chunksOf(ssd, dualityChunk); ++chunk)
            for (std::int64_t i = start; i < end; ++i)
                worker.advance(products, y, i / ssd.heads, chunk, i % ssd.heads, stateOf(i));
        for (std::int64_t i = start; leaving && i < end; ++i)
            worker.write(stateOf(i), leaving + i * ofHead);
    }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(chunkTokens);
HWY_EXPORT(productsPart);
HWY_EXPORT(headsPart);

void stateDuality(const StateDuality &ssd, float *y, float *leaving)
{
    const std::int64_t chunk = HWY_DYNAMIC_DISPATCH(chunkTokens)();
    const std::int64_t count = ssd.batch * ((ssd.time + chunk - 1) / chunk) * ssd.groups;
    AlignedFloats products(static_cast<std::size_t>(count * chunk * chunk)); // what the heads of a group share
    inParallel(count, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(productsPart)(ssd, products.data(), first, last);
    });
    inParallel(ssd.batch * ssd.heads, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(headsPart)(ssd, products.data(), y, leaving, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
