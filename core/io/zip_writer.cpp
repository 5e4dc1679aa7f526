// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/zip_writer.h"

#include <algorithm>

#include "core/io/crc32.h"

namespace ecdysis::io {

namespace {

constexpr std::uint64_t alignment = 64;
constexpr std::uint64_t seeZip64 = 0xffffffff;
constexpr std::uint16_t namesInUtf8 = 1 << 11;
constexpr std::size_t extraHeader = 4;

template <typename Number> std::string number(Number value)
{
    std::string bytes;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
        bytes += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xff);
    return bytes;
}

std::string short16(std::uint64_t value)
{
    return number(static_cast<std::uint16_t>(value));
}

/// In 32 bits, or the mark that an extra field has it in 64.
std::string orZip64(std::uint64_t value)
{
    return number(static_cast<std::uint32_t>(std::min(value, seeZip64)));
}

std::string extraField(std::uint16_t id, const std::string &content)
{
    return short16(id) + short16(content.size()) + content;
}

/// Of those numbers that do not fit in 32 bits.
std::string zip64Field(std::initializer_list<std::uint64_t> values)
{
    std::string content;
    for (std::uint64_t value : values)
        if (value >= seeZip64)
            content += number(value);
    return content.empty() ? content : extraField(1, content);
}

/// What both headers of an entry begin with, after the versions.
std::string common(std::uint32_t crc, std::uint64_t size, std::size_t name, std::size_t extra)
{
    return short16(namesInUtf8) + short16(0) /* stored */ + number(std::uint32_t{0}) /* no time */ + number(crc) +
           orZip64(size) + orZip64(size) + short16(name) + short16(extra);
}

} // namespace

void ZipWriter::write(const std::string &text)
{
    m_stream.write(text.data(), static_cast<std::streamsize>(text.size()));
    m_position += text.size();
}

void ZipWriter::add(const std::string &name, std::span<const std::byte> bytes)
{
    const Entry entry{name, crc32(bytes), bytes.size(), m_position};
    std::string extra = zip64Field({entry.size, entry.size});
    constexpr std::uint64_t localSize = 30;
    const std::uint64_t data = m_position + localSize + name.size() + extra.size() + extraHeader;
    extra += extraField('F' | 'B' << 8, std::string((alignment - data % alignment) % alignment, 'Z'));
    write("PK\x03\x04" + short16(0) + common(entry.crc, entry.size, name.size(), extra.size()) + name + extra);
    m_stream.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    m_position += bytes.size();
    m_entries.push_back(entry);
}

void ZipWriter::add(const std::string &name, const std::string &text)
{
    add(name, std::as_bytes(std::span(text)));
}

void ZipWriter::finish()
{
    const std::uint64_t start = m_position;
    for (const Entry &entry : m_entries) {
        const std::string extra = zip64Field({entry.size, entry.size, entry.offset});
        write("PK\x01\x02" + short16(0) + short16(0) + common(entry.crc, entry.size, entry.name.size(), extra.size()) +
              std::string(10, '\0') + orZip64(entry.offset) + entry.name + extra);
    }
    const std::uint64_t end = m_position;
    const std::string count = number(static_cast<std::uint64_t>(m_entries.size()));
    constexpr std::uint64_t version45 = 45; // the first with zip64
    write("PK\x06\x06" + number(std::uint64_t{44}) + short16(version45) + short16(version45) + std::string(8, '\0') +
          count + count + number(end - start) + number(start));
    write("PK\x06\x07" + std::string(4, '\0') + number(end) + number(std::uint32_t{1}));
    const std::string few = short16(std::min<std::uint64_t>(m_entries.size(), 0xffff));
    write("PK\x05\x06" + std::string(4, '\0') + few + few + orZip64(end - start) + orZip64(start) + short16(0));
}

} // namespace ecdysis::io
