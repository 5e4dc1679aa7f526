// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/session_file.h"

#include <charconv>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/io/session_layout.h"
#include "core/io/sha256.h"

namespace ecdysis::io {

namespace {

constexpr std::size_t headerSize = 512;
constexpr std::string_view firstLine = "Ecdysis session, version ";
constexpr std::string_view hdf5Signature = "\x89HDF\r\n\x1a\n";

// The library keeps global state and is commonly built without locks of its own.
std::mutex hdf5Mutex;

std::string_view asText(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

/// The whole user block for what follows it.
std::string headerFor(std::span<const std::byte> body, int version)
{
    Sha256 sum;
    sum.update(body);
    std::string header = fmt::format("{}{}\nbytes {}\nsha256 {}\n", firstLine, version, body.size(), sum.finish());
    header.resize(headerSize, '\0');
    return header;
}

std::optional<int> versionOf(std::string_view text)
{
    if (!text.starts_with(firstLine))
        return std::nullopt;
    text.remove_prefix(firstLine.size());
    int version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end == text.data() + text.size() || *end != '\n' || version < 1)
        return std::nullopt;
    return version;
}

/// Throws unless the bytes are, to the last bit, what writeSession() wrote.
void verify(std::span<const std::byte> bytes, const std::string &where)
{
    const std::string_view text = asText(bytes);
    if (text.empty())
        throw Exception(ErrorCode::BadFormat, "a session expected, an empty file found", where);
    const auto version = versionOf(text.substr(0, headerSize));
    if (!version)
        throw Exception(ErrorCode::BadFormat,
                        text.starts_with(hdf5Signature)
                            ? "a session expected, another kind of HDF5 file found"
                            : fmt::format("\"{}\" expected at the start, other bytes found", firstLine),
                        where + ", byte 0");
    if (*version > sessionFormatVersion)
        throw Exception(ErrorCode::Unsupported,
                        fmt::format("session format up to version {} expected, version {} found: written by a newer "
                                    "version of this program",
                                    sessionFormatVersion, *version),
                        where);
    if (bytes.size() <= headerSize || text.substr(0, headerSize) != headerFor(bytes.subspan(headerSize), *version))
        throw Exception(ErrorCode::BadFormat,
                        fmt::format("the file is damaged or cut off: the length and SHA-256 of its header expected, {} "
                                    "bytes with other content found",
                                    bytes.size()),
                        where);
}

std::vector<std::byte> imageOf(const Session &session, const std::string &where)
{
    const std::lock_guard lock(hdf5Mutex);
    const hdf5::Group root = hdf5::createInMemory(headerSize, where);
    writeSessionLayout(root, session);
    return hdf5::imageOf(root);
}

} // namespace

Result<Session> readSession(const std::filesystem::path &file)
{
    try {
        const auto mapped = valueOrThrow(MappedFile::open(file));
        verify(mapped.bytes(), file.string());
        const std::lock_guard lock(hdf5Mutex);
        return readSessionLayout(hdf5::openImage(mapped.bytes(), file.string()));
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    }
}

Result<void> writeSession(const std::filesystem::path &file, const Session &session)
{
    try {
        const std::vector<std::byte> image = imageOf(session, file.string());
        // Versions of HDF5 differ in whether the image begins with the user block or after it.
        const bool bare = asText(image).starts_with(hdf5Signature);
        const auto body = std::span(image).subspan(bare ? 0 : headerSize);
        return writeAtomically(file, [&](std::ostream &stream) -> Result<void> {
            stream << headerFor(body, sessionFormatVersion) << asText(body);
            return {};
        });
    } catch (const Exception &exception) {
        return tl::unexpected(exception.error());
    }
}

} // namespace ecdysis::io
