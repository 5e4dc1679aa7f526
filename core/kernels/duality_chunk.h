// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_DUALITY_CHUNK) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_DUALITY_CHUNK
#undef ECDYSIS_DUALITY_CHUNK
#else
#define ECDYSIS_DUALITY_CHUNK
#endif

#include <algorithm>
#include <cstdint>

#include "core/kernels/aligned_floats.h"
#include "core/kernels/simd_math.h"
#include "core/kernels/state_duality.h"

/// \file
/// One head over one chunk of tokens in the matrix form of the paper (section 6): what tokens read within the chunk is
/// a product of x with C Bᵀ times the decays between them. Small products keep their sums in registers.

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

inline constexpr int tileRows = 4;
inline constexpr int tileVectors = lanes == 16 ? 4 : 2;

/// A matrix of which single elements are read.
struct Factor
{
    const float *data;
    std::int64_t rowStride;
    std::int64_t columnStride;
};

/// sum (rows, vectors · lanes) += a (rows, depth) b (depth, vectors · lanes).
template <int rows, int vectors>
HWY_INLINE void multiplyAdd(FloatVector (&sum)[rows * vectors], const Factor &a, const float *b, std::int64_t bStride,
                            std::int64_t depth)
{
    for (std::int64_t k = 0; k < depth; ++k) {
        FloatVector row[vectors];
        unrolled<vectors>([&](auto v) HWY_ATTR { row[v] = hn::Load(floatTag, b + k * bStride + v * lanes); });
        unrolled<rows>([&](auto i) HWY_ATTR {
            const FloatVector factor = broadcast(a.data[i * a.rowStride + k * a.columnStride]);
            unrolled<vectors>(
                [&](auto v) HWY_ATTR { sum[i * vectors + v] = hn::MulAdd(factor, row[v], sum[i * vectors + v]); });
        });
    }
}

/// Stores the sums to rows of whole vectors.
template <int rows, int vectors>
HWY_INLINE void storeTile(const FloatVector (&sum)[rows * vectors], float *to, std::int64_t stride)
{
    unrolled<rows * vectors>(
        [&](auto i) HWY_ATTR { hn::Store(sum[i], floatTag, to + i / vectors * stride + i % vectors * lanes); });
}

/// Calls tile(rows, vectors, row, first float) to cover a matrix of `rows` by `width` floats, whole vectors.
template <typename Tile> HWY_INLINE void inTiles(std::int64_t rows, std::int64_t width, const Tile &tile)
{
    forGroups<tileVectors>(width / lanes, [&](auto vectors, std::int64_t vector) HWY_ATTR {
        forGroups<tileRows>(rows,
                            [&](auto count, std::int64_t row) HWY_ATTR { tile(count, vectors, row, vector * lanes); });
    });
}

/// Calls part(tag of so many lanes, first) for whole vectors and then for single floats, to cover `size` of them.
template <typename Part> HWY_INLINE void alongRow(std::int64_t size, const Part &part)
{
    const std::int64_t whole = size / lanes * lanes;
    for (std::int64_t p = 0; p < whole; p += lanes)
        part(floatTag, p);
    for (std::int64_t p = whole; p < size; ++p)
        part(hn::CappedTag<float, 1>(), p);
}

inline std::int64_t chunksOf(const StateDuality &ssd, std::int64_t chunk)
{
    return (ssd.time + chunk - 1) / chunk;
}

/// Tokens of a sequence that are computed.
inline std::int64_t lengthOf(const StateDuality &ssd, std::int64_t batch)
{
    return ssd.lengths ? ssd.lengths[batch] : ssd.time;
}

/// Tokens of a chunk of one sequence, not more than 0 behind its end.
struct ChunkRows
{
    ChunkRows(const StateDuality &ssd, std::int64_t chunk, std::int64_t batch, std::int64_t index)
        : row(batch * ssd.time + index * chunk), tokens(std::min(chunk, lengthOf(ssd, batch) - index * chunk)),
          place(batch * chunksOf(ssd, chunk) + index)
    {
    }

    std::int64_t row; ///< the first one
    std::int64_t tokens;
    std::int64_t place; ///< among the chunks of all sequences
};

/// C Bᵀ of one chunk and group, (chunk, chunk); `transposed`: room for (states, chunk) floats.
inline void chunkProducts(const StateDuality &ssd, std::int64_t chunk, const ChunkRows &rows, std::int64_t group,
                          float *transposed, float *products)
{
    const float *B = ssd.B + rows.row * ssd.bcStride + group * ssd.states;
    const float *C = ssd.C + rows.row * ssd.bcStride + group * ssd.states;
    for (std::int64_t n = 0; n < ssd.states; ++n)
        for (std::int64_t t = 0; t < rows.tokens; ++t)
            transposed[n * chunk + t] = B[t * ssd.bcStride + n];
    inTiles(rows.tokens, chunk, [&](auto count, auto vectors, std::int64_t token, std::int64_t other) HWY_ATTR {
        FloatVector sum[count * vectors];
        unrolled<count * vectors>([&](auto i) HWY_ATTR { sum[i] = hn::Zero(floatTag); });
        multiplyAdd<count, vectors>(sum, {C + token * ssd.bcStride, ssd.bcStride, 1}, transposed + other, chunk,
                                    ssd.states);
        storeTile<count, vectors>(sum, products + token * chunk + other, chunk);
    });
}

/// What a head works on: rows of channels are padded to whole vectors.
struct HeadChunk
{
    /// `size`: tokens of a chunk, a multiple of 16.
    HeadChunk(const StateDuality &ssd, std::int64_t size)
        : chunk(size), width((ssd.headSize + lanes - 1) / lanes * lanes), dt(chunk), decay(chunk), entering(chunk),
          reach(chunk), within(chunk * chunk), x(chunk * width), y(chunk * width)
    {
    }

    /// Reads one head's x and dt of a chunk. `products`: C Bᵀ of it.
    void fill(const StateDuality &ssd, const ChunkRows &rows, std::int64_t head, const float *products)
    {
        fillSteps(ssd, rows, head);
        fillDecays(rows.tokens, products);
        for (std::int64_t t = 0; t < rows.tokens; ++t) {
            const float *from = ssd.x + (rows.row + t) * ssd.xStride + head * ssd.headSize;
            alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
                hn::StoreU(hn::LoadU(tag, from + p), tag, x.data() + t * width + p);
            });
        }
    }

    /// to (batch · time, head, headSize) = y + D x.
    void store(const StateDuality &ssd, const ChunkRows &rows, std::int64_t head, float *to) const
    {
        const float *D = ssd.D && ssd.dPerChannel ? ssd.D + head * ssd.headSize : nullptr;
        const float skip = ssd.D && !ssd.dPerChannel ? ssd.D[head] : 0.0f;
        for (std::int64_t t = 0; t < rows.tokens; ++t) {
            float *out = to + ((rows.row + t) * ssd.heads + head) * ssd.headSize;
            alongRow(ssd.headSize, [&](auto tag, std::int64_t p) HWY_ATTR {
                const auto factor = D ? hn::LoadU(tag, D + p) : hn::Set(tag, skip);
                const std::int64_t place = t * width + p;
                hn::StoreU(hn::MulAdd(factor, hn::LoadU(tag, x.data() + place), hn::LoadU(tag, y.data() + place)), tag,
                           out + p);
            });
        }
    }

    std::int64_t chunk;
    std::int64_t width;
    AlignedFloats dt;
    AlignedFloats decay;
    AlignedFloats entering; ///< (token) decay since before the chunk
    AlignedFloats reach;    ///< (token) dt', decayed until the end of the chunk
    AlignedFloats within;   ///< (token, token): what one reads of another, dt' included; 0 of later ones, which are
                            ///< multiplied with it for up to three tokens: one that is no number spoils those before it
    AlignedFloats x;
    AlignedFloats y;

private:
    static constexpr float negligible = 1e-30f;

    /// dt' and decay of each token.
    void fillSteps(const StateDuality &ssd, const ChunkRows &rows, std::int64_t head)
    {
        const FloatVector bias = broadcast(ssd.dtBias ? ssd.dtBias[head] : 0.0f);
        const FloatVector rate = broadcast(ssd.A[head]);
        for (std::int64_t t = 0; t < rows.tokens; ++t)
            dt.data()[t] = ssd.dt[(rows.row + t) * ssd.dtStride + head];
        for (std::int64_t t = 0; t < rows.tokens; t += lanes) {
            const FloatVector raw = hn::Add(hn::Load(floatTag, dt.data() + t), bias);
            FloatVector step = softplus(raw, exponentialOfNegative(raw));
            step = atLeast(atMost(step, broadcast(ssd.dtMax)), broadcast(ssd.dtMin));
            hn::Store(step, floatTag, dt.data() + t);
            hn::Store(exponential(hn::Mul(step, rate)), floatTag, decay.data() + t);
        }
    }

    /// The decays between tokens as products, not as exponentials of sums: no digits are lost to large sums. Those too
    /// small to matter are 0, before they become numbers that processors take a hundred times as long for.
    void fillDecays(std::int64_t tokens, const float *products)
    {
        std::fill_n(reach.data(), chunk, 0.0f);
        float sinceStart = 1;
        for (std::int64_t t = 0; t < tokens; ++t) {
            sinceStart *= decay.data()[t];
            sinceStart = sinceStart < negligible ? 0.0f : sinceStart;
            entering.data()[t] = sinceStart;
            const FloatVector last = broadcast(decay.data()[t]);
            for (std::int64_t s = 0; s < t; s += lanes) {
                const FloatVector left = hn::Mul(hn::Load(floatTag, reach.data() + s), last);
                hn::Store(hn::IfThenElseZero(hn::Ge(left, broadcast(negligible)), left), floatTag, reach.data() + s);
            }
            reach.data()[t] = dt.data()[t];
            for (std::int64_t s = 0; s < chunk; s += lanes) {
                const std::int64_t place = t * chunk + s;
                hn::Store(hn::Mul(hn::Load(floatTag, reach.data() + s), hn::Load(floatTag, products + place)), floatTag,
                          within.data() + place);
            }
        }
    }
};

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
