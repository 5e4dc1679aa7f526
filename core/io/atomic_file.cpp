// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ecdysis::io {

namespace fs = std::filesystem;

namespace {

constexpr mode_t permissionBits = 07777;
constexpr std::size_t longestStem = 200; // file systems allow 255 bytes a name

tl::unexpected<Error> writeFailure(const char *action, int code, const fs::path &file)
{
    return failure(ErrorCode::WriteFailed, fmt::format("cannot {}: {}", action, std::generic_category().message(code)),
                   file.string());
}

/// The file that a chain of symbolic links ends at; a link to nothing is replaced by what it names.
fs::path resolved(const fs::path &file)
{
    std::error_code error;
    const fs::path target = fs::weakly_canonical(file, error);
    return error ? file : target;
}

struct Temporary
{
    explicit Temporary(fs::path created) : path(std::move(created)) {}
    Temporary(Temporary &&other) noexcept : path(std::move(other.path)) { other.path.clear(); }
    Temporary(const Temporary &) = delete;
    Temporary &operator=(const Temporary &) = delete;
    Temporary &operator=(Temporary &&) = delete;
    ~Temporary()
    {
        if (!path.empty())
            ::unlink(path.c_str());
    }
    fs::path path;
};

Result<Temporary> createBeside(const fs::path &file)
{
    std::random_device random;
    const std::string stem = file.filename().string().substr(0, longestStem);
    for (int attempt = 0; attempt < 100; ++attempt) {
        const fs::path path = file.parent_path() / fmt::format(".{}.{:08x}.tmp", stem, random());
        const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0) {
            ::close(descriptor);
            return Temporary(path);
        }
        if (errno != EEXIST)
            return writeFailure("create a file in the folder", errno, file);
    }
    return writeFailure("create a file in the folder", EEXIST, file);
}

/// Forces a file or folder to disk; with `mode`, sets its permissions first.
Result<void> synchronise(const fs::path &path, const fs::path &file, std::optional<mode_t> mode)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return writeFailure("open what was written", errno, file);
    const bool moded = !mode || ::fchmod(descriptor, *mode) == 0;
    // Some file systems cannot flush folders and say so with EINVAL.
    const bool flushed = moded && (::fsync(descriptor) == 0 || errno == EINVAL);
    const int code = errno;
    ::close(descriptor);
    if (!moded)
        return writeFailure("set permissions", code, file);
    if (!flushed)
        return writeFailure("flush to disk", code, file);
    return {};
}

std::optional<mode_t> permissionsOf(const fs::path &file)
{
    struct stat status
    {
    };
    if (::stat(file.c_str(), &status) != 0)
        return std::nullopt;
    return status.st_mode & permissionBits;
}

} // namespace

Result<void> writeAtomically(const fs::path &file, const std::function<Result<void>(const fs::path &)> &write)
{
    const fs::path target = resolved(fs::absolute(file));
    auto temporary = createBeside(target);
    if (!temporary)
        return tl::unexpected(temporary.error());
    if (auto written = write(temporary->path); !written)
        return written;
    if (auto flushed = synchronise(temporary->path, file, permissionsOf(target)); !flushed)
        return flushed;
    if (std::rename(temporary->path.c_str(), target.c_str()) != 0)
        return writeFailure("replace the file", errno, file);
    temporary->path.clear();
    return synchronise(target.parent_path(), file, std::nullopt);
}

Result<void> writeAtomically(const fs::path &file, const std::function<Result<void>(std::ostream &)> &write)
{
    return writeAtomically(file, [&](const fs::path &temporary) -> Result<void> {
        errno = 0; // streams do not tell why they fail; the system call below them does
        std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
        if (auto written = write(stream); !written)
            return written;
        stream.close();
        if (!stream)
            return writeFailure("write", errno != 0 ? errno : EIO, file);
        return {};
    });
}

} // namespace ecdysis::io
