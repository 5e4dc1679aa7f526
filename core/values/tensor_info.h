// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/values/dtype.h"

namespace ecdysis {

/// A stored tensor as the header of its file tells it.
struct TensorInfo
{
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape; ///< row-major
    std::string file;                ///< name of the file that holds it, without folder

    std::int64_t elements() const
    {
        std::int64_t count = 1;
        for (auto size : shape)
            count *= size;
        return count;
    }
    std::int64_t bytes() const { return elements() * static_cast<std::int64_t>(byteSize(dtype)); }

    bool operator==(const TensorInfo &) const = default;
};

} // namespace ecdysis
