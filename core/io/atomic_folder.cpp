// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/io/atomic_folder.h"

#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "core/exception.h"

namespace ecdysis::io {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const char *action, const std::error_code &error, const fs::path &folder)
{
    throw Exception(ErrorCode::WriteFailed, fmt::format("cannot {}: {}", action, error.message()), folder.string());
}

struct TemporaryFolder
{
    explicit TemporaryFolder(fs::path created) : path(std::move(created)) {}
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    ~TemporaryFolder()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path;
};

void checkTarget(const fs::path &folder)
{
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (status.type() == fs::file_type::not_found)
        return;
    if (!fs::is_directory(status))
        throw Exception(ErrorCode::InvalidArgument, "expected a folder to write, found something else",
                        folder.string());
    const bool empty = fs::is_empty(folder, error);
    if (error)
        refuse("look into the folder", error, folder);
    if (!empty)
        throw Exception(ErrorCode::InvalidArgument, "expected a folder that does not exist or is empty, found files",
                        folder.string());
}

fs::path createBeside(const fs::path &folder)
{
    std::error_code error;
    fs::create_directories(folder.parent_path(), error);
    if (error)
        refuse("create a folder", error, folder.parent_path());
    std::random_device random;
    for (int attempt = 0; attempt < 100; ++attempt) {
        const fs::path path =
            folder.parent_path() / fmt::format(".{}.{:08x}.tmp", folder.filename().string(), random());
        if (fs::create_directory(path, error))
            return path;
        if (error)
            break;
    }
    refuse("create a folder", error, folder);
}

/// Forces the entries of a folder to disk; some file systems cannot and say so with EINVAL.
void synchronise(const fs::path &folder)
{
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool flushed = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL);
    const std::error_code error(errno, std::generic_category());
    if (descriptor >= 0)
        ::close(descriptor);
    if (!flushed)
        refuse("flush to disk", error, folder);
}

} // namespace

void writeFolderAtomically(const fs::path &folder, const std::function<void(const fs::path &)> &write)
{
    const fs::path absolute = fs::weakly_canonical(fs::absolute(folder));
    const fs::path target = absolute.has_filename() ? absolute : absolute.parent_path();
    checkTarget(target);
    const TemporaryFolder temporary(createBeside(target));
    write(temporary.path);
    synchronise(temporary.path);
    // An empty folder of that name is replaced by the renaming itself.
    if (std::rename(temporary.path.c_str(), target.c_str()) != 0)
        refuse("rename the folder", {errno, std::generic_category()}, folder);
    synchronise(target.parent_path());
}

} // namespace ecdysis::io
