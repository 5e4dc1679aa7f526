// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/pruning/threshold.h"

#include <algorithm>
#include <array>
#include <bit>

namespace ecdysis::pruning {

std::uint32_t orderKey(float number)
{
    const auto bits = std::bit_cast<std::uint32_t>(number + 0.0F); // -0 becomes 0
    constexpr std::uint32_t sign = 0x80000000;
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

Threshold lowest(const Numbers &numbers, std::int64_t count)
{
    constexpr unsigned digit = 11;
    Threshold threshold{.key = 0, .ties = count};
    std::uint32_t known = 0; // the bits of the key that are found
    for (const unsigned shift : {22U, 11U, 0U}) {
        const std::uint32_t all = (1U << std::min(digit, 32 - shift)) - 1;
        std::array<std::int64_t, 1U << digit> counts{};
        numbers([&](std::span<const float> piece) {
            for (const float number : piece) {
                const std::uint32_t key = orderKey(number);
                counts[key >> shift & all] += (key & known) == threshold.key ? 1 : 0;
            }
        });
        // The digit that holds the last of the lowest; those of smaller digits are all among them.
        std::uint32_t found = 0;
        while (found < all && counts[found] < threshold.ties)
            threshold.ties -= counts[found++];
        threshold.key |= found << shift;
        known |= all << shift;
    }
    return threshold;
}

} // namespace ecdysis::pruning
