// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace ecdysis::pruning {

/// Calls `visit` with the same numbers in the same order each time, in pieces.
using Numbers = std::function<void(const std::function<void(std::span<const float>)> &visit)>;

/// Where the lowest of some numbers end.
struct Threshold
{
    std::uint32_t key = 0; ///< of the last that belongs to them; see orderKey()
    std::int64_t ties = 0; ///< how many of the numbers of this key belong to them, the first ones

    /// Whether the next number, in the order of Numbers, is among the lowest.
    bool takes(std::uint32_t next) { return next < key || (next == key && ties-- > 0); }
};

/// A float's place in the order of floats: compares as it does, both zeros alike. Requires: no NaN.
std::uint32_t orderKey(float number);

/// The threshold of the `count` lowest. Exact, without sorting: three passes over the numbers, each of which counts
/// them by eleven more bits of their keys; about a nanosecond a number and pass, 16 KiB whatever their number.
/// Requires: 0 ≤ count ≤ how many there are.
Threshold lowest(const Numbers &numbers, std::int64_t count);

} // namespace ecdysis::pruning
