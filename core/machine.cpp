// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/machine.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

namespace ecdysis {

std::string blasLibrary()
{
    // BLAS may be any of several libraries behind one name: ask where the symbol in use lies.
    void *symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    Dl_info info{};
    if (symbol == nullptr || dladdr(symbol, &info) == 0 || info.dli_fname == nullptr)
        return {};
    std::error_code error;
    const auto resolved = std::filesystem::canonical(info.dli_fname, error);
    return error ? info.dli_fname : resolved.string();
}

std::string processorTitle()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name"))
            return line.substr(std::min(line.size(), line.find(':') + 2));
    return "unknown processor";
}

std::int64_t physicalMemory()
{
    return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

std::int64_t peakResidentMemory()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

namespace {

/// OpenBLAS takes a processor newer than itself for one of twenty years ago: version 0.3.21 does so with those that
/// came after Sapphire Rapids.
std::vector<std::string> warningsAboutCore(const std::string &core)
{
#if defined(__x86_64__)
    constexpr const char *old[] = {"Prescott", "Core2", "Penryn",  "Dunnington",
                                   "Nehalem",  "Atom",  "Opteron", "Barcelona"};
    const char *wanted = __builtin_cpu_supports("avx512f") ? "SkylakeX" : "Haswell";
    if (__builtin_cpu_supports("avx2") && std::ranges::find(old, core) != std::end(old))
        return {fmt::format("OpenBLAS does not know this processor and computes as on a {}, several times slower: set "
                            "OPENBLAS_CORETYPE={} in the environment.",
                            core, wanted)};
#endif
    return {};
}

} // namespace

std::vector<std::string> warningsAboutMachine()
{
    const std::string library = blasLibrary();
    if (library.empty())
        return {};
    // Libraries that answer to the tuned interfaces are not the reference one, whatever their name. Others may be there
    // beside the one in use: LAPACK brings its own.
    void *inUse = dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    const auto symbol = [&](const char *name) { return dlsym(inUse != nullptr ? inUse : RTLD_DEFAULT, name); };
    if (const auto core = reinterpret_cast<char *(*)()>(symbol("openblas_get_corename")))
        return warningsAboutCore(core());
    for (const char *tuned : {"openblas_get_config", "mkl_get_version_string", "bli_info_get_version_str"})
        if (symbol(tuned) != nullptr)
            return {};
    if (std::filesystem::path(library).filename().string().starts_with("libblas.so"))
        return {fmt::format("Matrix products come from the reference BLAS ({}), which is some fifty times slower than "
                            "OpenBLAS: install libopenblas0-openmp.",
                            library)};
    return {};
}

} // namespace ecdysis
