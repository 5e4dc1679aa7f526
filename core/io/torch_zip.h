// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/tensor_bytes.h"
#include "core/values/result.h"
#include "core/values/tensor_info.h"

namespace ecdysis::io {

/// A file of torch.save (1.6 and later): a zip archive of a pickled state dict and one stored record for each storage.
/// Copies share the open archive.
class TorchFile
{
public:
    /// Reads directory and pickle; checks that every entry is stored plainly inside the file, that none has the place
    /// or the name of another, and that records have the size their storage claims. Errors: NotFound, ReadFailed,
    /// BadFormat, Unsupported (older files, big-endian, compressed, encrypted).
    static Result<TorchFile> open(const std::filesystem::path &path);

    /// Sorted by name.
    const std::vector<TensorInfo> &tensors() const;

    /// Pairs (alias, first name) of tensors that are the same view of the same storage, by alias.
    const std::vector<std::pair<std::string, std::string>> &aliases() const;

    /// Reads the record of the tensor, checks its CRC, and makes the view contiguous. Thread-safe.
    /// Errors: NotFound, ReadFailed, BadFormat (CRC), Cancelled.
    Result<TensorBytes> read(std::string_view name, const std::stop_token &stop = {}) const;

private:
    struct Contents;
    explicit TorchFile(std::shared_ptr<const Contents> contents) : m_contents(std::move(contents)) {}
    std::shared_ptr<const Contents> m_contents;
};

} // namespace ecdysis::io
