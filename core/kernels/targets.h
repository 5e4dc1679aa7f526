// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

/// \file
/// Instruction sets that the kernels are compiled for: the first include of every file that uses Highway.

#include <hwy/detect_compiler_arch.h>

#if HWY_ARCH_X86
// The steps between the portable code and AVX2 are those of machines made before 2013.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4)
#elif HWY_ARCH_ARM
// Vectors whose size the compiler does not know cannot be held in arrays: such machines run NEON.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#elif HWY_ARCH_RVV
#define HWY_DISABLED_TARGETS HWY_RVV
#endif
