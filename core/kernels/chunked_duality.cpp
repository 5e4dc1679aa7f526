// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/kernels/chunked_duality.h"

#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/chunked_duality.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/bfloat16_vectors.h"
#include "core/kernels/duality_chunk.h"
#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

template <int rows, int vectors>
HWY_NOINLINE void withinTile(const HeadChunk &head, float *y, std::int64_t token, std::int64_t channel)
{
    FloatVector sum[rows * vectors];
    unrolled<rows * vectors>([&](auto i) HWY_ATTR { sum[i] = hn::Zero(floatTag); });
    multiplyAdd<rows, vectors>(sum, {head.within.data() + token * head.chunk, head.chunk, 1}, head.x.data() + channel,
                               head.width, token + rows);
    storeTile<rows, vectors>(sum, y + token * head.width + channel, head.width);
}

/// Where the rows of a head lie in (batch · chunks, group, rows, W), and how far apart.
struct HeadPlace
{
    HeadPlace(const StateDuality &ssd, std::int64_t place, std::int64_t head, std::int64_t rows)
        : stride(ssd.heads / ssd.groups * ssd.headSize),
          start((place * ssd.groups + head / (ssd.heads / ssd.groups)) * rows * stride +
                head % (ssd.heads / ssd.groups) * ssd.headSize)
    {
    }

    std::int64_t stride;
    std::int64_t start;
};

void storeInputs(const StateDuality &ssd, const HeadChunk &head, const HeadPlace &place, std::int64_t tokens,
                 Bfloat16 *inputs)
{
    for (std::int64_t t = 0; t < head.chunk; ++t) {
        const float reach = t < tokens ? head.reach.data()[t] : 0.0f;
        alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
            const auto x = hn::LoadU(tag, head.x.data() + t * head.width + p);
            const auto input = t < tokens ? hn::Mul(hn::Set(tag, reach), x) : hn::Zero(tag);
            storeRounded(input, tag, inputs + place.start + t * place.stride + p);
        });
    }
}

} // namespace

/// Chunks and groups [first, last), counted through all sequences.
void productsPart(const StateDuality &ssd, std::int64_t chunk, float *products, std::int64_t first, std::int64_t last)
{
    AlignedFloats transposed(ssd.states * chunk);
    const std::int64_t chunks = chunksOf(ssd, chunk);
    for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t place = i / ssd.groups;
        chunkProducts(ssd, chunk, ChunkRows(ssd, chunk, place / chunks, place % chunks), i % ssd.groups,
                      transposed.data(), products + i * chunk * chunk);
    }
}

/// Chunks and heads [first, last), counted through all sequences.
void withinPart(const StateDuality &ssd, std::int64_t chunk, const float *products, float *y, Bfloat16 *inputs,
                float *entering, std::int64_t first, std::int64_t last)
{
    HeadChunk scratch(ssd, chunk);
    const std::int64_t chunks = chunksOf(ssd, chunk);
    for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t head = i % ssd.heads;
        const std::int64_t group = head / (ssd.heads / ssd.groups);
        const ChunkRows rows(ssd, chunk, i / ssd.heads / chunks, i / ssd.heads % chunks);
        scratch.fill(ssd, rows, head, products + (rows.place * ssd.groups + group) * chunk * chunk);
        inTiles(rows.tokens, scratch.width,
                [&](auto count, auto vectors, std::int64_t token, std::int64_t channel)
                    HWY_ATTR { withinTile<count, vectors>(scratch, scratch.y.data(), token, channel); });
        scratch.store(ssd, rows, head, y);
        storeInputs(ssd, scratch, HeadPlace(ssd, rows.place, head, chunk), rows.tokens, inputs);
        for (std::int64_t t = 0; t < rows.tokens; ++t)
            entering[(rows.row + t) * ssd.heads + head] = scratch.entering.data()[t];
    }
}

/// Rows of states [first, last), counted through sequences, groups and states: each through all chunks.
void carryPart(const StateDuality &ssd, std::int64_t chunk, const float *entering, Bfloat16 *states, std::int64_t first,
               std::int64_t last)
{
    const std::int64_t heads = ssd.heads / ssd.groups;
    const std::int64_t width = heads * ssd.headSize;
    AlignedFloats carried(width);
    for (std::int64_t i = first; i < last; ++i) {
        const std::int64_t batch = i / (ssd.groups * ssd.states);
        const std::int64_t inGroup = i % (ssd.groups * ssd.states);
        const std::int64_t firstHead = inGroup / ssd.states * heads;
        std::fill_n(carried.data(), width, 0.0f);
        for (std::int64_t c = 0; c < chunksOf(ssd, chunk); ++c) {
            const ChunkRows rows(ssd, chunk, batch, c);
            Bfloat16 *row = states + (rows.place * ssd.groups * ssd.states + inGroup) * width;
            const float *decays = entering + (rows.row + rows.tokens - 1) * ssd.heads + firstHead;
            for (std::int64_t head = 0; head < heads; ++head) {
                Bfloat16 *added = row + head * ssd.headSize;
                float *state = carried.data() + head * ssd.headSize;
                alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
                    const auto before = hn::LoadU(tag, state + p);
                    const auto after = hn::MulAdd(hn::Set(tag, decays[head]), before, loadWidened(tag, added + p));
                    storeRounded(before, tag, added + p);
                    hn::StoreU(after, tag, state + p);
                });
            }
        }
    }
}

/// Rows of y [first, last).
void readPart(const StateDuality &ssd, std::int64_t chunk, const float *entering, const Bfloat16 *read, float *y,
              std::int64_t first, std::int64_t last)
{
    for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t time = row % ssd.time;
        const std::int64_t place = row / ssd.time * chunksOf(ssd, chunk) + time / chunk;
        for (std::int64_t head = 0; head < ssd.heads; ++head) {
            const HeadPlace from(ssd, place, head, chunk);
            float *to = y + (row * ssd.heads + head) * ssd.headSize;
            const float decay = entering[row * ssd.heads + head];
            alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
                const auto added = loadWidened(tag, read + from.start + time % chunk * from.stride + p);
                hn::StoreU(hn::MulAdd(hn::Set(tag, decay), added, hn::LoadU(tag, to + p)), tag, to + p);
            });
        }
    }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(productsPart);
HWY_EXPORT(withinPart);
HWY_EXPORT(carryPart);
HWY_EXPORT(readPart);

AlignedFloats chunkProducts(const StateDuality &ssd, std::int64_t chunk)
{
    const std::int64_t count = ssd.batch * ((ssd.time + chunk - 1) / chunk) * ssd.groups;
    AlignedFloats products(static_cast<std::size_t>(count * chunk * chunk));
    inParallel(count, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(productsPart)(ssd, chunk, products.data(), first, last);
    });
    return products;
}

void readWithinChunks(const StateDuality &ssd, std::int64_t chunk, float *y, Bfloat16 *inputs, float *entering)
{
    const AlignedFloats products = chunkProducts(ssd, chunk);
    const std::int64_t chunks = ssd.batch * ((ssd.time + chunk - 1) / chunk);
    inParallel(chunks * ssd.heads, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(withinPart)(ssd, chunk, products.data(), y, inputs, entering, first, last);
    });
}

void carryStates(const StateDuality &ssd, std::int64_t chunk, const float *entering, Bfloat16 *states)
{
    inParallel(ssd.batch * ssd.groups * ssd.states, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(carryPart)(ssd, chunk, entering, states, first, last);
    });
}

void addRead(const StateDuality &ssd, std::int64_t chunk, const float *entering, const Bfloat16 *read, float *y)
{
    inParallel(ssd.batch * ssd.time, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(readPart)(ssd, chunk, entering, read, y, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
