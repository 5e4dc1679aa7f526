// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/values/dtype.h"
#include "core/values/result.h"

namespace ecdysis::io {

/// A tensor of a pickled state dict: a view on a storage that lies in another record of the archive. Checked: sizes and
/// strides are not negative, the view lies inside the storage and has no more elements than it.
struct PickledTensor
{
    std::string name;
    std::string storage; ///< key of the record
    DType dtype = DType::F32;
    std::int64_t storageElements = 0;
    std::int64_t offset = 0; ///< in elements, as the strides
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;

    bool operator==(const PickledTensor &) const = default;
};

/// What a pickle may use; far above what a state dict needs, far below what harms.
struct PickleLimits
{
    std::size_t opcodes = 50'000'000;
    std::size_t stack = 4'000'000;
    std::size_t memo = 10'000'000;
    std::size_t entries = 1'000'000; ///< of one dict
    std::size_t nesting = 100;       ///< marks that are open at once
};

/// Reads the state dict that torch.save pickled (protocol 2) without running anything: opcodes and globals are those of
/// a fixed list. One level of `state_dict` or `model` around it is unwrapped, a common prefix `module.` is dropped.
/// Sorted by name. Errors: BadFormat, Unsupported, with the offset or the tensor in `where`.
Result<std::vector<PickledTensor>> readPickledTensors(std::span<const std::byte> pickle, const std::string &where,
                                                      const PickleLimits &limits = {});

} // namespace ecdysis::io
