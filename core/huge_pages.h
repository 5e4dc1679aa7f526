// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace ecdysis {

/// From now on large tensors in host memory ask the system for huge pages. Activations are walked in strides of a whole
/// row, where each step is another page and finding it costs as much as the data. Without effect on systems that have
/// no huge pages to give. Up to 256 MB that tensors give back are kept for the next ones, of large and of small tensors
/// each.
void useHugePages();

/// While it lives, up to so many bytes are kept: for work that takes and gives back more than that again and again, as
/// a training step does with its graph.
class KeptMemory
{
public:
    explicit KeptMemory(std::int64_t bytes);
    ~KeptMemory();
    KeptMemory(const KeptMemory &) = delete;
    KeptMemory &operator=(const KeptMemory &) = delete;

private:
    std::size_t m_before;
};

} // namespace ecdysis
