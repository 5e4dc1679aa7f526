// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/companion_file.h"

#include <fmt/format.h>

#include "core/exception.h"
#include "core/io/mapped_file.h"
#include "core/io/sha256.h"

namespace ecdysis::pruning {

namespace fs = std::filesystem;

std::string hashOf(const fs::path &file)
{
    io::Sha256 hash;
    hash.update(valueOrThrow(io::MappedFile::open(file)).bytes());
    return hash.finish();
}

void requireUnchanged(const CompanionFile &file, const std::string &what)
{
    if (const std::string found = hashOf(file.file); found != file.sha256)
        throw Exception(ErrorCode::Mismatch,
                        fmt::format("the {} that the plan was made with expected (SHA-256 {}), others found ({})", what,
                                    file.sha256, found),
                        file.file);
}

std::string namedIn(const fs::path &folder, const fs::path &file)
{
    const auto whole = [](const fs::path &path) { return (fs::current_path() / path).lexically_normal(); };
    return whole(file).lexically_proximate(whole(folder)).string();
}

fs::path besidePlan(const fs::path &plan, const std::string &what)
{
    return fs::path(plan).replace_extension(what + ".safetensors");
}

} // namespace ecdysis::pruning
