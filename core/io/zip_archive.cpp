// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/zip_archive.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>
#include <zip.h>

#include "core/io/mapped_file.h"
#include "core/io/zip_layout.h"

namespace ecdysis::io {

namespace {

constexpr std::uint64_t chunk = std::uint64_t{8} << 20; // between two looks at the stop token

using Handle = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Stream = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

std::string zipMessage(int code)
{
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string message = zip_error_strerror(&error);
    zip_error_fini(&error);
    return message;
}

tl::unexpected<Error> readFailure(zip_error_t *error, const std::string &where)
{
    const bool damaged = zip_error_code_zip(error) == ZIP_ER_CRC || zip_error_code_zip(error) == ZIP_ER_EOF ||
                         zip_error_code_zip(error) == ZIP_ER_INCONS;
    return failure(damaged ? ErrorCode::BadFormat : ErrorCode::ReadFailed,
                   fmt::format("cannot read the entry: {}", zip_error_strerror(error)), where);
}

} // namespace

struct ZipArchive::State
{
    std::string where;
    Handle handle{nullptr, &zip_discard};
    std::map<std::string, std::uint64_t, std::less<>> sizes;
    std::map<std::string, std::uint64_t, std::less<>> indices;
    std::mutex mutex; // libzip's handles are for one thread at a time

    Result<void> list();
    Result<void> add(std::uint64_t index);
};

/// Enters one entry into the tables.
Result<void> ZipArchive::State::add(std::uint64_t index)
{
    constexpr std::uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    const char *rawName = zip_get_name(handle.get(), index, ZIP_FL_ENC_RAW);
    zip_stat_t status;
    if (!rawName || zip_stat_index(handle.get(), index, 0, &status) != 0 || (status.valid & needed) != needed)
        return failure(ErrorCode::BadFormat, fmt::format("expected a description of entry {}, found none", index),
                       where);
    const std::string name = rawName;
    const std::string place = where + ": " + name;
    if (status.encryption_method != ZIP_EM_NONE)
        return failure(ErrorCode::Unsupported, "expected an entry that is not encrypted, found an encrypted one",
                       place);
    if (status.comp_method != ZIP_CM_STORE)
        return failure(ErrorCode::Unsupported,
                       fmt::format("expected an entry stored plainly, found compression method {}", status.comp_method),
                       place);
    if (status.size != status.comp_size)
        return failure(ErrorCode::BadFormat,
                       fmt::format("expected an entry of {} stored bytes, found {}", status.size, status.comp_size),
                       place);
    // A zero byte ends the name early here: two names that differ behind it look alike.
    if (!indices.try_emplace(name, index).second)
        return failure(ErrorCode::BadFormat, "expected every name once, found this one twice", place);
    sizes[name] = status.size;
    return {};
}

Result<void> ZipArchive::State::list()
{
    const auto count = zip_get_num_entries(handle.get(), 0);
    for (zip_int64_t index = 0; index < count; ++index)
        if (auto added = add(static_cast<std::uint64_t>(index)); !added)
            return added;
    return {};
}

Result<ZipArchive> ZipArchive::open(const std::filesystem::path &path)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    if (auto sound = checkZipLayout(file->bytes(), path.string()); !sound)
        return tl::unexpected(sound.error());
    auto state = std::make_shared<State>();
    state->where = path.string();
    int code = 0;
    state->handle.reset(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
    if (!state->handle)
        return failure(code == ZIP_ER_OPEN || code == ZIP_ER_READ ? ErrorCode::ReadFailed : ErrorCode::BadFormat,
                       fmt::format("expected a zip archive, found a mistake: {}", zipMessage(code)), state->where);
    if (auto listed = state->list(); !listed)
        return tl::unexpected(listed.error());
    return ZipArchive(std::move(state));
}

const std::map<std::string, std::uint64_t, std::less<>> &ZipArchive::sizes() const
{
    return m_state->sizes;
}

Result<RecordBytes> ZipArchive::read(const std::string &name, const std::stop_token &stop) const
{
    const std::string place = m_state->where + ": " + name;
    const auto found = m_state->indices.find(name);
    if (found == m_state->indices.end())
        return failure(ErrorCode::NotFound, "expected an entry of this name, found none", place);
    const std::uint64_t size = m_state->sizes.at(name);
    const std::shared_ptr<std::byte[]> buffer(new std::byte[size]);

    const std::scoped_lock lock(m_state->mutex);
    const Stream stream(zip_fopen_index(m_state->handle.get(), found->second, 0), &zip_fclose);
    if (!stream)
        return readFailure(zip_get_error(m_state->handle.get()), place);
    std::uint64_t position = 0;
    while (position < size) {
        if (stop.stop_requested())
            return failure(ErrorCode::Cancelled, "stopped while reading", place);
        const auto count = zip_fread(stream.get(), buffer.get() + position, std::min(chunk, size - position));
        if (count < 0)
            return readFailure(zip_file_get_error(stream.get()), place);
        if (count == 0)
            return failure(ErrorCode::BadFormat, fmt::format("expected {} bytes, found {}", size, position), place);
        position += static_cast<std::uint64_t>(count);
    }
    // The CRC is compared when the end is seen.
    std::byte beyond{};
    if (const auto count = zip_fread(stream.get(), &beyond, 1); count != 0)
        return count < 0 ? readFailure(zip_file_get_error(stream.get()), place)
                         : failure(ErrorCode::BadFormat, fmt::format("expected {} bytes, found more", size), place);
    return RecordBytes{buffer, size};
}

} // namespace ecdysis::io
