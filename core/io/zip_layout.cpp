// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/zip_layout.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "core/exception.h"

namespace ecdysis::io {

namespace {

constexpr std::uint32_t localSignature = 0x04034b50;
constexpr std::uint32_t centralSignature = 0x02014b50;
constexpr std::uint32_t endSignature = 0x06054b50;
constexpr std::uint32_t end64Signature = 0x06064b50;
constexpr std::uint32_t locator64Signature = 0x07064b50;
constexpr std::uint64_t localSize = 30;
constexpr std::uint64_t centralSize = 46;
constexpr std::uint64_t endSize = 22;
constexpr std::uint64_t locator64Size = 20;
constexpr std::uint64_t longestComment = 0xffff;
constexpr std::uint64_t seeZip64 = 0xffffffff;

/// Little-endian numbers of a file; reading outside it throws.
class Reader
{
public:
    Reader(std::span<const std::byte> file, const std::string &where) : m_file(file), m_where(where) {}

    std::span<const std::byte> bytes(std::uint64_t offset, std::uint64_t size) const
    {
        if (size > m_file.size() || offset > m_file.size() - size)
            throw Exception(
                ErrorCode::BadFormat,
                fmt::format("expected {} bytes at offset {}, found a file of {}", size, offset, m_file.size()),
                m_where);
        return m_file.subspan(offset, size);
    }

    std::uint64_t number(std::uint64_t offset, std::uint64_t size) const
    {
        std::uint64_t value = 0;
        int shift = 0;
        for (const auto byte : bytes(offset, size)) {
            value |= std::to_integer<std::uint64_t>(byte) << shift;
            shift += 8;
        }
        return value;
    }

    void expect(std::uint64_t offset, std::uint32_t signature, const char *what) const
    {
        if (number(offset, 4) != signature)
            throw Exception(ErrorCode::BadFormat, fmt::format("expected {} at offset {}, found none", what, offset),
                            m_where);
    }

    std::uint64_t size() const { return m_file.size(); }
    const std::string &where() const { return m_where; }

private:
    std::span<const std::byte> m_file;
    const std::string &m_where;
};

struct Directory
{
    std::uint64_t offset = 0;
    std::uint64_t entries = 0;
};

struct Extent
{
    std::string name;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

std::uint64_t findEnd(const Reader &file)
{
    const std::uint64_t size = file.size();
    for (std::uint64_t back = endSize; back <= std::min(size, endSize + longestComment); ++back)
        if (file.number(size - back, 4) == endSignature && file.number(size - back + 20, 2) == back - endSize)
            return size - back;
    throw Exception(ErrorCode::BadFormat, "expected the directory of a zip archive at the end, found none",
                    file.where());
}

Directory findDirectory(const Reader &file)
{
    const std::uint64_t end = findEnd(file);
    if (end < locator64Size || file.number(end - locator64Size, 4) != locator64Signature)
        return {file.number(end + 16, 4), file.number(end + 10, 2)};
    const std::uint64_t end64 = file.number(end - locator64Size + 8, 8);
    file.expect(end64, end64Signature, "the zip64 end of the directory");
    return {file.number(end64 + 48, 8), file.number(end64 + 32, 8)};
}

/// The 64-bit values of an entry's extra field, in the order of the fields they replace.
std::vector<std::uint64_t> zip64Values(const Reader &file, std::uint64_t offset, std::uint64_t size)
{
    std::vector<std::uint64_t> values;
    for (std::uint64_t at = 0; at + 4 <= size;) {
        const auto kind = file.number(offset + at, 2);
        const auto length = file.number(offset + at + 2, 2);
        if (kind == 1)
            for (std::uint64_t i = 0; i + 8 <= std::min(length, size - at - 4); i += 8)
                values.push_back(file.number(offset + at + 4 + i, 8));
        at += 4 + length;
    }
    return values;
}

/// One entry of the directory at `offset`, which is moved to the next.
Extent readExtent(const Reader &file, std::uint64_t &offset)
{
    file.expect(offset, centralSignature, "an entry of the directory");
    const auto nameSize = file.number(offset + 28, 2);
    const auto extraSize = file.number(offset + 30, 2);
    const auto name = file.bytes(offset + centralSize, nameSize);
    Extent extent{{reinterpret_cast<const char *>(name.data()), name.size()}};
    const auto values = zip64Values(file, offset + centralSize + nameSize, extraSize);
    std::size_t next = 0;
    const auto wide = [&](std::uint64_t field) {
        const auto value = file.number(offset + field, 4);
        return value == seeZip64 && next < values.size() ? values[next++] : value;
    };
    wide(24); // the uncompressed size: first in the extra field, not needed
    const auto size = wide(20);
    extent.begin = wide(42);
    offset += centralSize + nameSize + extraSize + file.number(offset + 32, 2);

    file.expect(extent.begin, localSignature, "the header of an entry");
    const auto data = extent.begin + localSize + file.number(extent.begin + 26, 2) + file.number(extent.begin + 28, 2);
    if (__builtin_add_overflow(data, size, &extent.end))
        throw Exception(ErrorCode::BadFormat, fmt::format("expected a size, found {}", size),
                        file.where() + ": " + extent.name);
    return extent;
}

void checkExtents(std::vector<Extent> extents, const Directory &directory, const std::string &where)
{
    std::sort(extents.begin(), extents.end(), [](const auto &a, const auto &b) { return a.begin < b.begin; });
    for (std::size_t i = 0; i < extents.size(); ++i) {
        const auto limit = i + 1 < extents.size() ? extents[i + 1].begin : directory.offset;
        if (extents[i].end > limit)
            throw Exception(
                ErrorCode::BadFormat,
                fmt::format("expected an entry that ends at offset {} where the next begins, found one up to {}", limit,
                            extents[i].end),
                where + ": " + extents[i].name);
    }
}

} // namespace

Result<void> checkZipLayout(std::span<const std::byte> bytes, const std::string &where)
{
    try {
        const Reader file(bytes, where);
        const Directory directory = findDirectory(file);
        std::vector<Extent> extents;
        std::set<std::string> names;
        std::uint64_t offset = directory.offset;
        for (std::uint64_t i = 0; i < directory.entries; ++i) {
            extents.push_back(readExtent(file, offset));
            if (!names.insert(extents.back().name).second)
                return failure(ErrorCode::BadFormat, "expected every name once, found this one twice",
                               where + ": " + extents.back().name);
        }
        checkExtents(std::move(extents), directory, where);
        return {};
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    }
}

} // namespace ecdysis::io
