// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstdint>

#include <omp.h>

namespace ecdysis::kernels {

/// Calls part(first, last) for contiguous parts of [0, count), one a thread. What is computed for an index may not
/// depend on where its part begins, so that results do not depend on the number of threads.
template <typename Part> void inParallel(std::int64_t count, const Part &part)
{
    const auto threads = static_cast<int>(std::min<std::int64_t>(count, omp_get_max_threads()));
    if (threads <= 1) {
        if (count > 0)
            part(std::int64_t{0}, count);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        const std::int64_t index = omp_get_thread_num();
        const std::int64_t parts = omp_get_num_threads();
        part(count * index / parts, count * (index + 1) / parts);
    }
}

} // namespace ecdysis::kernels
