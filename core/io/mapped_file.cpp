// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/mapped_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ecdysis::io {

namespace {

tl::unexpected<Error> systemFailure(int code, const std::filesystem::path &path)
{
    const auto kind = code == ENOENT || code == ENOTDIR ? ErrorCode::NotFound : ErrorCode::ReadFailed;
    return failure(kind, "cannot read the file: " + std::generic_category().message(code), path.string());
}

struct Descriptor
{
    explicit Descriptor(int opened) : number(opened) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor()
    {
        if (number >= 0)
            ::close(number);
    }
    int number;
};

} // namespace

struct MappedFile::Mapping
{
    Mapping(void *start, std::size_t length) : address(start), size(length) {}
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping()
    {
        if (size > 0)
            ::munmap(address, size);
    }
    void *address;
    std::size_t size;
};

Result<MappedFile> MappedFile::open(const std::filesystem::path &path)
{
    // O_NONBLOCK: opening a pipe must fail at the test below, not wait for a writer.
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (descriptor.number < 0)
        return systemFailure(errno, path);
    struct stat status
    {
    };
    if (::fstat(descriptor.number, &status) != 0)
        return systemFailure(errno, path);
    if (!S_ISREG(status.st_mode))
        return failure(ErrorCode::ReadFailed, "expected a regular file, found a folder or a device", path.string());
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0)
        return MappedFile(std::make_shared<const Mapping>(nullptr, 0));
    void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.number, 0);
    if (address == MAP_FAILED)
        return systemFailure(errno, path);
    return MappedFile(std::make_shared<const Mapping>(address, size));
}

std::span<const std::byte> MappedFile::bytes() const
{
    return {static_cast<const std::byte *>(m_mapping->address), m_mapping->size};
}

std::shared_ptr<const void> MappedFile::keepAlive() const
{
    return m_mapping;
}

} // namespace ecdysis::io
