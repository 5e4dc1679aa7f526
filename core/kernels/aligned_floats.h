// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace ecdysis::kernels {

/// Zeroed floats at the alignment of a cache line. Throws std::bad_alloc.
class AlignedFloats
{
public:
    explicit AlignedFloats(std::size_t size)
        : m_floats(static_cast<float *>(::operator new(std::max<std::size_t>(size, 1) * sizeof(float), alignment)))
    {
        std::fill_n(m_floats.get(), size, 0.0f);
    }

    float *data() { return m_floats.get(); }
    const float *data() const { return m_floats.get(); }

private:
    static constexpr std::align_val_t alignment{64};
    struct Free
    {
        void operator()(float *floats) const { ::operator delete(floats, alignment); }
    };
    std::unique_ptr<float, Free> m_floats;
};

} // namespace ecdysis::kernels
