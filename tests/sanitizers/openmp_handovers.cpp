// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

// Stands before libgomp in programs built with the thread sanitizer. libgomp is not instrumented and its barriers are
// plain futexes, so the sanitizer sees neither that a parallel region begins after what was done before it nor that it
// is over before what follows. This tells it of those two orders and of nothing else: what the threads of one region do
// to one another is still checked.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

namespace {

using Part = void (*)(void *);

struct Region
{
    Part part;
    void *data;
    char begin, end; ///< their addresses alone stand for the two hand-overs
};

void runPart(void *pointer)
{
    auto *region = static_cast<Region *>(pointer);
    __tsan_acquire(&region->begin);
    region->part(region->data);
    __tsan_release(&region->end);
}

} // namespace

/// What GCC makes of every `#pragma omp parallel`.
extern "C" void GOMP_parallel(Part part, void *data, unsigned threads, unsigned flags)
{
    static const auto real =
        reinterpret_cast<void (*)(Part, void *, unsigned, unsigned)>(dlsym(RTLD_NEXT, "GOMP_parallel"));
    Region region{.part = part, .data = data, .begin = 0, .end = 0};
    __tsan_release(&region.begin);
    real(&runPart, &region, threads, flags);
    __tsan_acquire(&region.end);
}
