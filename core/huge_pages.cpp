// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/huge_pages.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sys/mman.h>

#include "core/torch.h"

namespace ecdysis {

namespace {

constexpr std::size_t hugePage = std::size_t{2} << 20;
constexpr std::size_t least = 2 * hugePage; ///< smaller tensors would waste more than they gain
constexpr std::size_t usuallyKept = std::size_t{256} << 20;

/// Memory given back, for the next tensor of its size: layers have the sizes of those before them, and a page that the
/// system gives anew it clears first, which takes as long as much of the work on it.
class KeptBlocks
{
public:
    /// A block of at least `bytes` and little more; null: there is none.
    void *take(std::size_t bytes)
    {
        const std::lock_guard lock(m_mutex);
        const auto found = std::find_if(m_blocks.rbegin(), m_blocks.rend(), [&](const Block &block) {
            return block.size >= bytes && block.size - bytes <= hugePage;
        });
        if (found == m_blocks.rend())
            return nullptr;
        void *memory = found->memory;
        m_total -= found->size;
        m_blocks.erase(std::next(found).base());
        return memory;
    }

    /// The oldest go when too much is kept; one that is too much by itself is not.
    void give(void *memory)
    {
        const std::size_t size = malloc_usable_size(memory);
        const std::lock_guard lock(m_mutex);
        if (size > m_most)
            return std::free(memory);
        m_blocks.push_back({memory, size});
        m_total += size;
        shrink();
    }

    /// Keeps at most so much from now on; returns what it was.
    std::size_t keep(std::size_t most)
    {
        const std::lock_guard lock(m_mutex);
        std::swap(m_most, most);
        shrink();
        return most;
    }

private:
    struct Block
    {
        void *memory;
        std::size_t size;
    };

    void shrink()
    {
        while (m_total > m_most) {
            std::free(m_blocks.front().memory);
            m_total -= m_blocks.front().size;
            m_blocks.erase(m_blocks.begin());
        }
    }

    std::mutex m_mutex;
    std::vector<Block> m_blocks; ///< the newest last
    std::size_t m_total = 0;
    std::size_t m_most = usuallyKept;
};

/// Never destroyed: tensors of static duration give their memory back at the very end.
KeptBlocks &keptBlocks()
{
    static auto *blocks = new KeptBlocks;
    return *blocks;
}

void giveBack(void *memory)
{
    keptBlocks().give(memory);
}

/// LibTorch's own allocator for small tensors, aligned and advised memory for large ones. LibTorch 2 took the const
/// from allocate() and added copy_data(): both forms stand here, without `override`.
struct HugePageAllocator final : at::Allocator
{
    at::DataPtr allocate(std::size_t bytes) const
    {
        if (bytes < least)
            return c10::GetDefaultCPUAllocator()->allocate(bytes);
        void *memory = keptBlocks().take(bytes);
        if (memory != nullptr)
            return {memory, memory, &giveBack, at::Device(at::kCPU)};
        if (posix_memalign(&memory, hugePage, bytes) != 0)
            throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        madvise(memory, bytes, MADV_HUGEPAGE); // refused where there are none: then the pages are small
#endif
        return {memory, memory, &giveBack, at::Device(at::kCPU)};
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
    // What smaller tensors give back stays with the process, too: a step of tuning gains a sixth by it.
    mallopt(M_TRIM_THRESHOLD, static_cast<int>(usuallyKept));
    mallopt(M_MMAP_THRESHOLD, static_cast<int>(least));
}

KeptMemory::KeptMemory(std::int64_t bytes) : m_before(keptBlocks().keep(static_cast<std::size_t>(bytes))) {}

KeptMemory::~KeptMemory()
{
    keptBlocks().keep(m_before);
}

} // namespace ecdysis
