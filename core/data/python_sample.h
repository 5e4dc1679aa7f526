// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ecdysis::data {

/// `count` of the numbers below `population`, each at most once, in the order drawn: those of Python's
/// random.seed(seed); random.sample(range(population), count), so that what is drawn elsewhere can be drawn again.
/// Errors: InvalidArgument (more than there are).
std::vector<std::size_t> pythonSample(std::size_t population, std::size_t count, std::uint64_t seed);

} // namespace ecdysis::data
