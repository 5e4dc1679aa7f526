// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace ecdysis::kernels {

/// Bits of a bfloat16, the upper half of a float32.
using Bfloat16 = std::uint16_t;

} // namespace ecdysis::kernels
