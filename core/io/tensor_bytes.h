// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/values/dtype.h"

namespace ecdysis::io {

/// The bytes of a tensor, row-major, contiguous and aligned for the element type. `keepAlive` owns them: a mapping or a
/// buffer.
struct TensorBytes
{
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> keepAlive;
};

/// Product of the sizes; none if one is negative, or if the product or that times the size of an element needs more
/// than 63 bits.
inline std::optional<std::int64_t> checkedElements(const std::vector<std::int64_t> &shape, DType dtype)
{
    std::int64_t count = 1;
    for (const auto size : shape)
        if (size < 0 || __builtin_mul_overflow(count, size, &count))
            return std::nullopt;
    const auto limit = std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(byteSize(dtype));
    return count <= limit ? std::optional(count) : std::nullopt;
}

} // namespace ecdysis::io
