// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ecdysis::io {

/// CRC-32 of ISO 3309, as zip archives have it.
std::uint32_t crc32(std::span<const std::byte> bytes);

} // namespace ecdysis::io
