// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/huge_pages.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include "core/torch.h"

namespace ecdysis {

namespace {

constexpr std::size_t hugePage = std::size_t{2} << 20;
constexpr std::size_t least = 2 * hugePage; ///< smaller tensors would waste more than they gain

/// LibTorch's own allocator for small tensors, aligned and advised memory for large ones. LibTorch 2 took the const
/// from allocate() and added copy_data(): both forms stand here, without `override`.
struct HugePageAllocator final : at::Allocator
{
    at::DataPtr allocate(std::size_t bytes) const
    {
        if (bytes < least)
            return c10::GetDefaultCPUAllocator()->allocate(bytes);
        void *memory = nullptr;
        if (posix_memalign(&memory, hugePage, bytes) != 0)
            throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        madvise(memory, bytes, MADV_HUGEPAGE); // refused where there are none: then the pages are small
#endif
        return {memory, memory, &std::free, at::Device(at::kCPU)};
    }

    at::DataPtr allocate(std::size_t bytes)
    {
        return std::as_const(*this).allocate(bytes);
    }

    /// For those who take memory without a DataPtr, as oneDNN does for its scratchpads where there is AMX: the default
    /// allocator's, which frees what posix_memalign() gave, too.
    at::DeleterFnPtr raw_deleter() const
    {
        return c10::GetDefaultCPUAllocator()->raw_deleter();
    }

    void copy_data(void *to, const void *from, std::size_t bytes) const
    {
        std::memcpy(to, from, bytes);
    }
};

} // namespace

void useHugePages()
{
    static HugePageAllocator allocator;
    c10::SetCPUAllocator(&allocator);
}

} // namespace ecdysis
