// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "core/values/result.h"

namespace ecdysis::io {

/// A file mapped read-only into memory; pages are read when touched. Copies share the mapping, which lives as long as
/// the last of them.
class MappedFile
{
public:
    /// Errors: NotFound, ReadFailed (also for what is not a regular file). An empty file maps to an empty span.
    static Result<MappedFile> open(const std::filesystem::path &path);

    std::span<const std::byte> bytes() const;

    /// Holds the mapping for those who keep the bytes but not the MappedFile.
    std::shared_ptr<const void> keepAlive() const;

private:
    struct Mapping;
    explicit MappedFile(std::shared_ptr<const Mapping> mapping) : m_mapping(std::move(mapping)) {}
    std::shared_ptr<const Mapping> m_mapping;
};

} // namespace ecdysis::io
