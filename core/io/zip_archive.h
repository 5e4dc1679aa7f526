// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "core/values/result.h"

namespace ecdysis::io {

/// Bytes that were read, and their owner.
struct RecordBytes
{
    std::shared_ptr<const std::byte[]> data;
    std::size_t size = 0;

    std::span<const std::byte> bytes() const { return {data.get(), size}; }
};

/// A zip archive whose entries are stored as they are, open for reading. Copies share it. Names are only keys.
class ZipArchive
{
public:
    /// Errors: NotFound, ReadFailed, BadFormat (damage, a name twice, entries that do not fit in the file side by
    /// side), Unsupported (an entry that is compressed or encrypted).
    static Result<ZipArchive> open(const std::filesystem::path &path);

    /// Names and sizes in bytes.
    const std::map<std::string, std::uint64_t, std::less<>> &sizes() const;

    /// A whole entry, its CRC checked. Thread-safe. Errors: NotFound, ReadFailed, BadFormat (CRC), Cancelled.
    Result<RecordBytes> read(const std::string &name, const std::stop_token &stop = {}) const;

private:
    struct State;
    explicit ZipArchive(std::shared_ptr<State> state) : m_state(std::move(state)) {}
    std::shared_ptr<State> m_state;
};

} // namespace ecdysis::io
