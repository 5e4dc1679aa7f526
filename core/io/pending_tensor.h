// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/io/tensor_bytes.h"
#include "core/values/dtype.h"
#include "core/values/result.h"

namespace ecdysis::io {

/// A tensor to be written whose bytes (row-major) are made when their turn comes, so that a file of any size takes the
/// memory of one tensor. `bytes` may throw.
struct PendingTensor
{
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::function<Result<TensorBytes>()> bytes;

    std::int64_t size() const
    {
        return checkedElements(shape, dtype).value_or(0) * static_cast<std::int64_t>(byteSize(dtype));
    }
};

} // namespace ecdysis::io
