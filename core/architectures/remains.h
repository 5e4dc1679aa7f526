// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ecdysis::architectures {

/// What is left of a model after a cut, in the terms of a config. Layers bear the numbers they had before.
struct Remains
{
    std::vector<int> layers;                    ///< that are left, ascending
    std::vector<std::set<std::string>> gone;    ///< kinds of part that each layer has lost, those left or not
    std::map<std::string, std::int64_t> widths; ///< entries left by kind of width, the same in every layer that has
                                                ///< it; kinds that lost none are absent

    bool operator==(const Remains &) const = default;
};

} // namespace ecdysis::architectures
