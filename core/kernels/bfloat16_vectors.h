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

#include "core/kernels/simd_math.h"

HWY_BEFORE_NAMESPACE();
namespace ecdysis::kernels::HWY_NAMESPACE {

/// Floats from the bits of bfloat16 numbers, which are their upper halves.
template <typename Tag> HWY_INLINE auto loadWidened(Tag tag, const std::uint16_t *from)
{
    const hn::Rebind<std::uint16_t, Tag> halfTag;
    const hn::RebindToUnsigned<Tag> bitsTag;
    return hn::BitCast(tag, hn::ShiftLeft<16>(hn::PromoteTo(bitsTag, hn::LoadU(halfTag, from))));
}

} // namespace ecdysis::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
