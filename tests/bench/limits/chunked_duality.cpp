// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/limits/chunked_duality.h"

#include "core/kernels/parallel.h"
#include "core/kernels/targets.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/bench/limits/chunked_duality.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/bfloat16_vectors.h"
#include "core/kernels/duality_chunk.h"
#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

namespace {

/// To the nearest, ties to even.
template <typename Tag, typename Vector> HWY_INLINE void storeRounded(Vector value, Tag, Bfloat16 *to)
{
    const hn::RebindToUnsigned<Tag> bitsTag;
    const auto bits = hn::BitCast(bitsTag, value);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(bitsTag, 1));
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(bitsTag, 0x7FFF))));
    const hn::Rebind<std::int32_t, Tag> signedTag;
    const hn::Rebind<std::uint16_t, Tag> halfTag;
    hn::StoreU(hn::DemoteTo(halfTag, hn::BitCast(signedTag, rounded)), halfTag, to);
}

template <int rows, int vectors> HWY_NOINLINE void withinTile(HeadChunk &head, std::int64_t token, std::int64_t channel)
{
    FloatVector sum[rows * vectors];
    unrolled<rows * vectors>([&](auto i) HWY_ATTR { sum[i] = hn::Zero(floatTag); });
    multiplyAdd<rows, vectors>(sum, {head.within.data() + token * head.chunk, head.chunk, 1}, head.x.data() + channel,
                               head.width, token + rows);
    storeTile<rows, vectors>(sum, head.y.data() + token * head.width + channel, head.width);
}

/// The rows of one head in (group, chunk, W).
struct HeadRows
{
    HeadRows(const StateDuality &ssd, std::int64_t head, std::int64_t chunk)
        : stride(ssd.heads / ssd.groups * ssd.headSize),
          start(head / (ssd.heads / ssd.groups) * chunk * stride + head % (ssd.heads / ssd.groups) * ssd.headSize)
    {
    }

    std::int64_t stride;
    std::int64_t start;
};

void addRead(const StateDuality &ssd, const HeadRows &place, std::int64_t tokens, const Bfloat16 *read, HeadChunk &head)
{
    for (std::int64_t t = 0; t < tokens; ++t) {
        const float decay = head.entering.data()[t];
        float *y = head.y.data() + t * head.width;
        alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
            const auto added = loadWidened(tag, read + place.start + t * place.stride + p);
            hn::StoreU(hn::MulAdd(hn::Set(tag, decay), added, hn::LoadU(tag, y + p)), tag, y + p);
        });
    }
}

void storeInputs(const StateDuality &ssd, const HeadRows &place, std::int64_t tokens, const HeadChunk &head,
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

/// Heads [first, last) of one chunk.
void readPart(const StateDuality &ssd, const ChunkOfTime &chunk, const float *products, const Bfloat16 *read, float *y,
              Bfloat16 *inputs, float *decays, std::int64_t first, std::int64_t last)
{
    HeadChunk scratch(ssd, chunk.size);
    const ChunkRows rows(ssd, chunk.size, chunk.batch, chunk.index);
    for (std::int64_t head = first; head < last; ++head) {
        const std::int64_t group = rows.place * ssd.groups + head / (ssd.heads / ssd.groups);
        scratch.fill(ssd, rows, head, products + group * chunk.size * chunk.size);
        inTiles(rows.tokens, scratch.width,
                [&](auto count, auto vectors, std::int64_t token, std::int64_t channel)
                    HWY_ATTR { withinTile<count, vectors>(scratch, token, channel); });
        const HeadRows place(ssd, head, chunk.size);
        if (read)
            addRead(ssd, place, rows.tokens, read, scratch);
        scratch.store(ssd, rows, head, y);
        storeInputs(ssd, place, rows.tokens, scratch, inputs);
        decays[head] = scratch.entering.data()[rows.tokens - 1];
    }
}

/// Rows of states [first, last), counted through groups and states.
void carryPart(const StateDuality &ssd, const float *decays, const Bfloat16 *added, float *states, Bfloat16 *rounded,
               std::int64_t first, std::int64_t last)
{
    const std::int64_t heads = ssd.heads / ssd.groups;
    for (std::int64_t i = first; i < last; ++i)
        for (std::int64_t head = 0; head < heads; ++head) {
            const std::int64_t place = (i * heads + head) * ssd.headSize;
            const float decay = decays[i / ssd.states * heads + head];
            alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
                float *state = states + place + p;
                const auto after =
                    hn::MulAdd(hn::Set(tag, decay), hn::LoadU(tag, state), loadWidened(tag, added + place + p));
                hn::StoreU(after, tag, state);
                storeRounded(after, tag, rounded + place + p);
            });
        }
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ecdysis::kernels {

HWY_EXPORT(readPart);
HWY_EXPORT(carryPart);

void readChunk(const StateDuality &ssd, const ChunkOfTime &chunk, const float *products, const Bfloat16 *read, float *y,
               Bfloat16 *inputs, float *decays)
{
    inParallel(ssd.heads, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(readPart)(ssd, chunk, products, read, y, inputs, decays, first, last);
    });
}

void carryStates(const StateDuality &ssd, const float *decays, const Bfloat16 *added, float *states, Bfloat16 *rounded)
{
    inParallel(ssd.groups * ssd.states, [&](std::int64_t first, std::int64_t last) {
        HWY_DYNAMIC_DISPATCH(carryPart)(ssd, decays, added, states, rounded, first, last);
    });
}

} // namespace ecdysis::kernels
#endif
