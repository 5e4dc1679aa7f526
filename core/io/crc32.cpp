// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace ecdysis::io {

namespace {

constexpr std::size_t lanes = 8; // bytes at a time: "slicing by 8"

using Tables = std::array<std::array<std::uint32_t, 256>, lanes>;

/// Table k holds what a byte does that lies k bytes before the last one.
constexpr Tables makeTables()
{
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
        tables[0][byte] = value;
    }
    for (std::size_t k = 1; k < lanes; ++k)
        for (std::size_t byte = 0; byte < 256; ++byte)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xFF];
    return tables;
}

constexpr Tables tables = makeTables();

} // namespace

std::uint32_t crc32(std::span<const std::byte> bytes)
{
    static_assert(std::endian::native == std::endian::little, "eight bytes are read as one number");
    std::uint32_t crc = ~0U;
    std::size_t at = 0;
    for (; at + lanes <= bytes.size(); at += lanes) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, lanes);
        word ^= crc;
        crc = 0;
        for (std::size_t k = 0; k < lanes; ++k)
            crc ^= tables[lanes - 1 - k][(word >> (8 * k)) & 0xFF];
    }
    for (; at < bytes.size(); ++at)
        crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(bytes[at])) & 0xFF];
    return ~crc;
}

} // namespace ecdysis::io
