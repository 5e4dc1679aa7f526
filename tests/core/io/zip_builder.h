// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/core/io/temporary.h"

/// An entry of a zip archive to be built; what is not given is what it should be.
struct ZipEntry
{
    std::string name;
    std::string content;
    std::uint16_t method = 0;
    std::uint16_t flags = 0;
    std::optional<std::uint32_t> crc;
    std::optional<std::uint32_t> size;           ///< uncompressed
    std::optional<std::uint32_t> compressedSize; ///< claimed
    std::optional<std::uint32_t> offset;         ///< claimed place of the local header
};

/// CRC-32 of ISO 3309, as zip uses it.
inline std::uint32_t crc32(std::string_view bytes)
{
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

/// A zip archive (APPNOTE 4.3) of the entries, wrong where they say so.
inline std::string buildZip(const std::vector<ZipEntry> &entries)
{
    std::string file;
    std::string directory;
    for (const auto &entry : entries) {
        const auto offset = static_cast<std::uint32_t>(file.size());
        const auto actual = static_cast<std::uint32_t>(entry.content.size());
        const std::string common =
            littleEndian(std::uint16_t{20}) + littleEndian(entry.flags) + littleEndian(entry.method) +
            littleEndian(std::uint32_t{0x21 << 16}) + littleEndian(entry.crc.value_or(crc32(entry.content))) +
            littleEndian(entry.compressedSize.value_or(actual)) + littleEndian(entry.size.value_or(actual)) +
            littleEndian(static_cast<std::uint16_t>(entry.name.size())) + littleEndian(std::uint16_t{0});
        file += "PK\x03\x04" + common + entry.name + entry.content;
        directory += "PK\x01\x02" + littleEndian(std::uint16_t{20}) + common + std::string(10, '\0') +
                     littleEndian(entry.offset.value_or(offset)) + entry.name;
    }
    const auto count = littleEndian(static_cast<std::uint16_t>(entries.size()));
    return file + directory + "PK\x05\x06" + std::string(4, '\0') + count + count +
           littleEndian(static_cast<std::uint32_t>(directory.size())) +
           littleEndian(static_cast<std::uint32_t>(file.size())) + std::string(2, '\0');
}
