// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/mapped_file.h"
#include "core/io/pending_tensor.h"
#include "core/io/tensor_bytes.h"
#include "core/values/result.h"
#include "core/values/tensor_info.h"

/// \file
/// The safetensors container: u64 length, JSON header, data; see the format section of the safetensors documentation.
namespace ecdysis::io {

/// A tensor and its place, counted from the start of the data.
struct SafetensorsEntry
{
    TensorInfo info;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    bool operator==(const SafetensorsEntry &) const = default;
};

struct SafetensorsHeader
{
    std::vector<SafetensorsEntry> entries; ///< in the order of their data
    std::map<std::string, std::string> metadata;
    std::uint64_t dataOffset = 0; ///< from the start of the file

    bool operator==(const SafetensorsHeader &) const = default;
};

/// Checks every rule of the format: lengths, names used once, element types, shapes, data without hole or overlap up to
/// the end of `file` (the whole file's bytes). Errors: BadFormat; Unsupported for types this program does not compute
/// with. `where` is the file's name for messages.
Result<SafetensorsHeader> parseSafetensorsHeader(std::span<const std::byte> file, const std::string &where);

/// An open file, its data mapped. Copies share the mapping.
class SafetensorsFile
{
public:
    /// Errors: NotFound, ReadFailed, and those of parseSafetensorsHeader().
    static Result<SafetensorsFile> open(const std::filesystem::path &path);

    /// Sorted by name.
    const std::vector<TensorInfo> &tensors() const { return m_tensors; }
    const std::map<std::string, std::string> &metadata() const { return m_metadata; }

    /// The bytes in the mapping, at whatever alignment the file gives them. Errors: NotFound.
    Result<std::span<const std::byte>> bytes(std::string_view name) const;

    /// The bytes aligned for their type: those of the mapping if they are, else a copy. Errors: NotFound.
    Result<TensorBytes> read(std::string_view name) const;

private:
    SafetensorsFile(MappedFile file, std::string where, SafetensorsHeader header);
    Result<std::size_t> indexOf(std::string_view name) const;

    MappedFile m_file;
    std::string m_where;
    std::vector<TensorInfo> m_tensors;
    std::vector<std::uint64_t> m_begins; ///< in the file, beside m_tensors
    std::map<std::string, std::string> m_metadata;
};

/// A tensor to be written: row-major bytes.
struct TensorView
{
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
};

/// Writes atomically; data in order of descending element size, then name, so that all of it is aligned.
/// Errors: InvalidArgument (a name twice or not UTF-8, bytes that do not fit the shape), WriteFailed.
Result<void> writeSafetensors(const std::filesystem::path &file, std::span<const TensorView> tensors,
                              const std::map<std::string, std::string> &metadata = {{"format", "pt"}});

/// The same of tensors that are made one after the other, in the order in which they are written.
Result<void> writeSafetensors(const std::filesystem::path &file, std::span<const PendingTensor> tensors,
                              const std::map<std::string, std::string> &metadata = {{"format", "pt"}});

} // namespace ecdysis::io
