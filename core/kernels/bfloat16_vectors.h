// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

// Compiled once for each instruction set, hence the toggled guard in the place of a pragma.
#if defined(ECDYSIS_BFLOAT16_VECTORS) == defined(HWY_TARGET_TOGGLE)
#ifdef ECDYSIS_BFLOAT16_VECTORS
#undef ECDYSIS_BFLOAT16_VECTORS
#else
#define ECDYSIS_BFLOAT16_VECTORS
#endif

#include <cstdint>

#include "core/kernels/bfloat16.h"
#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

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

template <typename Tag> HWY_INLINE auto loadWidened(Tag tag, const Bfloat16 *from)
{
    const hn::Rebind<std::uint16_t, Tag> halfTag;
    const hn::RebindToUnsigned<Tag> bitsTag;
    return hn::BitCast(tag, hn::ShiftLeft<16>(hn::PromoteTo(bitsTag, hn::LoadU(halfTag, from))));
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
