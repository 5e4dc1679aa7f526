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
#include "core/values/run.h"
#include "core/values/tensor_info.h"

namespace ecdysis::io {

/// The weights of a model folder, whatever their container: safetensors or torch zip, one file or shards.
class Checkpoint
{
public:
    /// Reads headers only. Looks for model.safetensors, model.safetensors.index.json, pytorch_model.bin,
    /// pytorch_model.bin.index.json, in this order (that of transformers), then consolidated.safetensors.
    /// Errors: NotFound, BadFormat, Unsupported, each with file and tensor.
    static Result<Checkpoint> open(const std::filesystem::path &folder);

    /// Sorted by name. Tensors that share storage are all listed.
    const std::vector<TensorInfo> &tensors() const;
    const TensorInfo *find(std::string_view name) const;

    /// Pairs (alias, first name) of tensors stored once under several names.
    const std::vector<std::pair<std::string, std::string>> &aliases() const;

    /// The data of a tensor, aligned for its type; safetensors are mapped (copied where the file has them unaligned),
    /// torch files read. Thread-safe. Errors: NotFound, ReadFailed, BadFormat (CRC), Cancelled (only when reading).
    Result<TensorBytes> read(std::string_view name, const std::stop_token &stop = {}) const;

    /// SHA-256 over names, types, shapes and bytes of all tensors in name order, hexadecimal. Reads everything; looks
    /// at the stop token of `run`.
    Result<std::string> fingerprint(const Run &run) const;

private:
    struct Contents;
    explicit Checkpoint(std::shared_ptr<const Contents> contents) : m_contents(std::move(contents)) {}
    std::shared_ptr<const Contents> m_contents;
};

} // namespace ecdysis::io
