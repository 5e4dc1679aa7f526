// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/values/dtype.h"

namespace ecdysis {

/// The circumstances of a result: with the same record on the same machine, the same bits come out.
struct Provenance
{
    std::string modelFingerprint; ///< SHA-256 over all tensors, hexadecimal
    DType dtype = DType::F32;     ///< computed in
    std::string device = "cpu";
    int threads = 1;
    std::uint64_t seed = 0;
    std::vector<std::pair<std::string, std::string>> versions; ///< library and its version, sorted
    std::string created;                                       ///< UTC, ISO 8601

    bool operator==(const Provenance &) const = default;
};

} // namespace ecdysis
