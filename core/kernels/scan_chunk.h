// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_SCAN_CHUNK) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_SCAN_CHUNK
#undef ECDYSIS_SCAN_CHUNK
#else
#define ECDYSIS_SCAN_CHUNK
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/cache_control.h>

#include "core/kernels/aligned_floats.h"
#include "core/kernels/scan_layout.h"
#include "core/kernels/simd_math.h"

/// \file
/// What the forward and the backward scan share. Channels are taken `lanes` at a time ("block"), one in each lane;
/// tokens in chunks whose operands stay in the first-level cache; states in groups that fit the registers.

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

static_assert(scanPanel % lanes == 0);

/// Constants of the channels from `first` on, transposed to [block][state][lane] and padded with zeros, for which every
/// result is zero.
struct ScanChannels
{
    ScanChannels(const SelectiveScan &scan, std::int64_t first, std::int64_t last)
        : states(scan.states), A((last - first + lanes) * scan.states), D(last - first + lanes),
          dtBias(last - first + lanes)
    {
        for (std::int64_t c = 0; c < last - first; ++c) {
            const std::int64_t channel = first + c;
            if (scan.D)
                D.data()[c] = scan.D[channel];
            if (scan.dtBias)
                dtBias.data()[c] = scan.dtBias[channel];
            float *transposed = A.data() + c / lanes * scan.states * lanes + c % lanes;
            for (std::int64_t n = 0; n < scan.states; ++n)
                transposed[n * lanes] = scan.A[channel * scan.states + n] * 1.44269504f;
        }
    }

    const float *rates(std::int64_t block) const { return A.data() + block * states * lanes; }

    std::int64_t states;
    AlignedFloats A; ///< times log2(e)
    AlignedFloats D;
    AlignedFloats dtBias;
};

/// A matrix of which a chunk sees `lanes` columns.
template <typename Float> struct Columns
{
    Float *data = nullptr;
    std::int64_t stride = 0;

    Float *row(std::int64_t token) const { return data + token * stride; }
};

/// Copies `width` columns into a buffer of [token][lane], zeros beside them.
HWY_INLINE Columns<const float> stagedIn(const Columns<const float> &from, std::int64_t tokens, std::int64_t width,
                                         float *buffer)
{
    if (!from.data)
        return from;
    for (std::int64_t t = 0; t < tokens; ++t) {
        std::fill_n(buffer + t * lanes, lanes, 0.0f);
        std::copy_n(from.row(t), width, buffer + t * lanes);
    }
    return {buffer, lanes};
}

/// Blocks side by side whose operands are fetched together, row by row: memory gives neighbours faster.
inline constexpr std::int64_t fetchedBlocks = 8;

/// Fetches the `i`th line of a group of blocks into the second-level cache: rows a whole matrix row apart, which
/// hardware does not foresee, and waiting for them doubles the time.
HWY_INLINE void fetchLine(const Columns<const float> &ahead, std::int64_t i)
{
    __builtin_prefetch(ahead.row(i / fetchedBlocks) + i % fetchedBlocks * lanes, 0, 2);
}

/// Whether the group of `size` states from `first` on fetches at token `t`: the groups of the usual 16 states take
/// turns, since only some ten lines can be on their way at a time and more of them would be waited for.
template <int size> HWY_INLINE bool takesTurn(std::int64_t first, std::int64_t t)
{
    constexpr std::int64_t groups = 16 / size;
    return t % groups == first / size % groups;
}

/// Stores past the caches what is larger than they are, and whose place need not be read first.
HWY_INLINE void storePast(FloatVector value, float *to)
{
    if (reinterpret_cast<std::uintptr_t>(to) % (lanes * sizeof(float)) == 0)
        hn::Stream(value, floatTag, to);
    else
        store(value, to);
}

HWY_INLINE void stagedOut(const float *buffer, std::int64_t tokens, std::int64_t width, const Columns<float> &to)
{
    if (!to.data)
        return;
    for (std::int64_t t = 0; t < tokens; ++t)
        std::copy_n(buffer + t * lanes, width, to.row(t));
}

/// Decays that are computed side by side, as many as leave the registers to the states.
template <int size> inline constexpr int decaysAtOnce = std::min(size, lanes == 16 ? 4 : 1);

/// e^(dt A) of `count` states from dt and rows of A times log2(e).
template <int count> HWY_INLINE void decays(FloatVector dt, const float *rates, FloatVector (&decay)[count])
{
    FloatVector exponents[count];
    unrolled<count>([&](auto k) HWY_ATTR { exponents[k] = hn::Mul(dt, hn::Load(floatTag, rates + k * lanes)); });
    powersOfTwo(exponents, decay);
}

/// One token of the recurrence for `size` states: h = decay h + dt' x B, y += C h in two sums that hide the latency.
/// Calls keep(n, decay) once h[n] is that of the token.
template <int size, typename Keep>
HWY_INLINE void recur(FloatVector dt, FloatVector dtx, const float *rates, const float *B, const float *C,
                      FloatVector (&h)[size], FloatVector (&y)[2], const Keep &keep)
{
    constexpr int together = decaysAtOnce<size>;
    unrolled<size / together>([&](auto group) HWY_ATTR {
        constexpr int n = group * together;
        FloatVector decay[together];
        decays(dt, rates + n * lanes, decay);
        unrolled<together>([&](auto k) HWY_ATTR {
            h[n + k] = hn::MulAdd(decay[k], h[n + k], hn::Mul(dtx, broadcast(B[n + k])));
            y[k % 2] = hn::MulAdd(h[n + k], broadcast(C[n + k]), y[k % 2]);
            keep(n + k, decay[k]);
        });
    });
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
