// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace ecdysis::io {

/// Writes a zip archive (PKWARE's APPNOTE) as torch.save does: entries stored as they are, their data at multiples of
/// 64 bytes, zip64 where 32 bits do not do. The stream's state tells whether it worked.
class ZipWriter
{
public:
    /// The stream is at its start.
    explicit ZipWriter(std::ostream &stream) : m_stream(stream) {}

    void add(const std::string &name, std::span<const std::byte> bytes);
    void add(const std::string &name, const std::string &text);
    /// Writes the directory; nothing may be added afterwards.
    void finish();

private:
    struct Entry
    {
        std::string name;
        std::uint32_t crc = 0;
        std::uint64_t size = 0;
        std::uint64_t offset = 0;
    };
    void write(const std::string &text);

    std::ostream &m_stream;
    std::uint64_t m_position = 0;
    std::vector<Entry> m_entries;
};

} // namespace ecdysis::io
